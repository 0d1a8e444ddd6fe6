// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/index_bytes.hpp"

#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstring>
#include <type_traits>

namespace tacit::shards {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr std::size_t kDigestBytes = 64; ///< hex digits

/// Long lists travel as the bytes that they are; all ranks run on one kind of machine.
template <class T> Json packed(const std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto* data = reinterpret_cast<const std::uint8_t*>(values.data());
    return Json::binary(std::vector<std::uint8_t>(data, data + values.size() * sizeof(T)));
}

template <class T> std::vector<T> unpacked(const Json& json) {
    const auto& bytes = json.get_binary();
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty()) {
        std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
    }
    return values;
}

Json to_json(const augment::ImageShape& shape) {
    return {shape.height, shape.width, shape.channels};
}

augment::ImageShape shape_of(const Json& json) {
    return {json.at(0), json.at(1), json.at(2)};
}

Json to_json(const StoredArray& array) {
    Json filters = Json::array();
    for (const Filter& filter : array.filters) {
        filters.push_back({filter.id, filter.values});
    }
    return {{"path", array.path},       {"dataset", array.dataset}, {"layout", array.layout},
            {"reason", array.reason},   {"element", array.element}, {"element_bytes", array.element_bytes},
            {"swapped", array.swapped}, {"shape", array.shape},     {"address", array.address},
            {"chunk", array.chunk},     {"filters", filters},       {"chunks", packed(array.chunks)},
            {"fill", array.fill}};
}

StoredArray array_of(const Json& json) {
    StoredArray array;
    json.at("path").get_to(array.path);
    json.at("dataset").get_to(array.dataset);
    json.at("layout").get_to(array.layout);
    json.at("reason").get_to(array.reason);
    json.at("element").get_to(array.element);
    json.at("element_bytes").get_to(array.element_bytes);
    json.at("swapped").get_to(array.swapped);
    json.at("shape").get_to(array.shape);
    json.at("address").get_to(array.address);
    json.at("chunk").get_to(array.chunk);
    for (const Json& filter : json.at("filters")) {
        array.filters.push_back({filter.at(0), filter.at(1)});
    }
    array.chunks = unpacked<StoredChunk>(json.at("chunks"));
    json.at("fill").get_to(array.fill);
    return array;
}

Json to_json(const ImageItems& items) {
    return {{"path", items.path},           {"dataset", items.dataset},       {"addresses", packed(items.addresses)},
            {"bytes", packed(items.bytes)}, {"shapes", packed(items.shapes)}, {"element", items.element},
            {"swapped", items.swapped}};
}

ImageItems items_of(const Json& json) {
    ImageItems items;
    json.at("path").get_to(items.path);
    json.at("dataset").get_to(items.dataset);
    items.addresses = unpacked<std::uint64_t>(json.at("addresses"));
    items.bytes = unpacked<std::uint64_t>(json.at("bytes"));
    items.shapes = unpacked<augment::ImageShape>(json.at("shapes"));
    json.at("element").get_to(items.element);
    json.at("swapped").get_to(items.swapped);
    return items;
}

Json to_json(const ImagePart& part) {
    Json json = {{"axes", part.axes}, {"first", part.first}, {"count", part.count}, {"first_row", part.first_row}};
    if (part.array) {
        json["array"] = to_json(*part.array);
    } else {
        json["items"] = to_json(*part.items);
    }
    return json;
}

ImagePart part_of(const Json& json) {
    ImagePart part;
    json.at("axes").get_to(part.axes);
    json.at("first").get_to(part.first);
    json.at("count").get_to(part.count);
    json.at("first_row").get_to(part.first_row);
    if (json.contains("array")) {
        part.array = array_of(json.at("array"));
    } else {
        part.items = items_of(json.at("items"));
    }
    return part;
}

Json to_json(const FileIndex& file) {
    Json parts = Json::array();
    for (const ImagePart& part : file.parts) {
        parts.push_back(to_json(part));
    }
    return {{"path", file.path},
            {"split", file.split},
            {"source", file.source},
            {"format", file.format},
            {"count", file.count},
            {"total", file.total},
            {"shape", to_json(file.shape)},
            {"element", file.element},
            {"value_range", file.value_range},
            {"parts", parts},
            {"labels", packed(file.labels)},
            {"checksums", packed(file.checksums)},
            {"chosen", packed(file.chosen)},
            {"splits", packed(file.splits)},
            {"split_names", file.split_names},
            {"classes", file.classes},
            {"mean", file.mean},
            {"std", file.std}};
}

FileIndex file_of(const Json& json) {
    FileIndex file;
    json.at("path").get_to(file.path);
    json.at("split").get_to(file.split);
    json.at("source").get_to(file.source);
    json.at("format").get_to(file.format);
    json.at("count").get_to(file.count);
    json.at("total").get_to(file.total);
    file.shape = shape_of(json.at("shape"));
    json.at("element").get_to(file.element);
    json.at("value_range").get_to(file.value_range);
    for (const Json& part : json.at("parts")) {
        file.parts.push_back(part_of(part));
    }
    file.labels = unpacked<std::int32_t>(json.at("labels"));
    file.checksums = unpacked<std::uint32_t>(json.at("checksums"));
    file.chosen = unpacked<std::uint8_t>(json.at("chosen"));
    file.splits = unpacked<std::int32_t>(json.at("splits"));
    json.at("split_names").get_to(file.split_names);
    json.at("classes").get_to(file.classes);
    json.at("mean").get_to(file.mean);
    json.at("std").get_to(file.std);
    return file;
}

} // namespace

std::string bytes_of_index(const DatasetIndex& index) {
    Json files = Json::array();
    for (const FileIndex& file : index.files) {
        files.push_back(to_json(file));
    }
    const Json json = {{"version", kVersion}, {"path", index.path}, {"split", index.split}, {"files", files}};
    std::string bytes;
    Json::to_cbor(json, bytes);
    return bytes + sha256_of(bytes);
}

DatasetIndex index_of_bytes(std::string_view bytes) {
    if (bytes.size() < kDigestBytes ||
        sha256_of(bytes.substr(0, bytes.size() - kDigestBytes)) != bytes.substr(bytes.size() - kDigestBytes)) {
        throw DataError("is no index of a data set, or a damaged one");
    }
    try {
        const Json json = Json::from_cbor(bytes.substr(0, bytes.size() - kDigestBytes));
        if (json.at("version") != kVersion) {
            throw DataError("is an index of another version");
        }
        DatasetIndex index{json.at("path"), json.at("split"), {}};
        for (const Json& file : json.at("files")) {
            index.files.push_back(file_of(file));
        }
        return index;
    } catch (const Json::exception& error) {
        throw DataError(fmt::format("is no index of a data set: {}", error.what()));
    }
}

} // namespace tacit::shards
