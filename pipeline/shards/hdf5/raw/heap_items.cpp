// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/hdf5/raw/heap_items.hpp"
#include "pipeline/shards/hdf5/raw/storage.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/read/chunk_reader.hpp"
#include "pipeline/shards/read/extents.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <map>
#include <unordered_map>

namespace tacit::shards::h5 {
namespace {

constexpr std::uint64_t kHeaderBytes = 16; ///< of a collection, and of each object in it
constexpr std::uint64_t kMaxReferences = std::uint64_t{1} << 36;

template <class T> T little_endian(const std::uint8_t* bytes) {
    T value{};
    std::memcpy(&value, bytes, sizeof(T)); // hosts of Tacit are little-endian
    return value;
}

struct Object {
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;
};

using Collection = std::map<std::uint32_t, Object>;

/// Walks the objects of the heap collection at `address`.
Collection read_collection(const FileBytes& file, std::uint64_t address) {
    std::array<std::uint8_t, kHeaderBytes> header{};
    file.read(address, header.data(), header.size());
    const auto size = little_endian<std::uint64_t>(header.data() + 8);
    if (std::memcmp(header.data(), "GCOL\x01", 5) != 0 || size < kHeaderBytes || size > file.size() - address) {
        throw DataError(fmt::format("the heap collection at byte {} is damaged", address));
    }
    Collection objects;
    const std::uint64_t end = address + size;
    std::uint64_t at = address + kHeaderBytes;
    while (at + kHeaderBytes <= end) {
        file.read(at, header.data(), header.size());
        const auto index = little_endian<std::uint16_t>(header.data());
        const auto bytes = little_endian<std::uint64_t>(header.data() + 8);
        if (index == 0 && (bytes < kHeaderBytes || bytes > end - at)) { // libhdf5 would go round in circles
            throw DataError(fmt::format("the heap collection at byte {} is damaged", address));
        }
        if (index == 0) { // free
            at += bytes;
            continue;
        }
        if (bytes > end - at - kHeaderBytes) {
            throw DataError(
                fmt::format("object {} of the heap collection at byte {} claims {} bytes", index, address, bytes));
        }
        objects[index] = {at + kHeaderBytes, bytes};
        at += kHeaderBytes + (bytes + 7) / 8 * 8;
    }
    return objects;
}

void resolve(const std::vector<std::uint8_t>& references, std::uint64_t base, const FileBytes& file,
             ImageItems& items) {
    std::unordered_map<std::uint64_t, Collection> collections;
    for (std::size_t at = 0; at < references.size(); at += kHeapReferenceBytes) {
        const std::size_t image = at / kHeapReferenceBytes;
        const auto bytes = little_endian<std::uint32_t>(references.data() + at);
        const auto address = little_endian<std::uint64_t>(references.data() + at + 4);
        const auto index = little_endian<std::uint32_t>(references.data() + at + 12);
        if (bytes == 0) {
            items.addresses.push_back(0);
            items.bytes.push_back(0);
            continue;
        }
        if (address > file.size() || base > file.size() - address) {
            throw DataError(fmt::format("image {} lies at byte {} of a file of {}", image, address, file.size()));
        }
        auto found = collections.find(address);
        if (found == collections.end()) {
            found = collections.emplace(address, read_collection(file, base + address)).first;
        }
        const auto object = found->second.find(index);
        if (object == found->second.end() || bytes > object->second.bytes) {
            throw DataError(fmt::format("image {} is not in the heap, though the data set says so", image));
        }
        items.addresses.push_back(object->second.address);
        items.bytes.push_back(bytes);
    }
}

} // namespace

MetadataBlock read_heap_object(const FileBytes& file, std::uint64_t address, std::uint32_t index) {
    if (address > file.size()) {
        throw DataError(fmt::format("the heap collection at byte {} is damaged", address));
    }
    const Collection objects = read_collection(file, address);
    const auto object = objects.find(index);
    if (object == objects.end()) {
        throw DataError(fmt::format("object {} is not in the heap collection at byte {}", index, address));
    }
    return MetadataFile(file, 0).read(object->second.address, object->second.bytes);
}

ImageItems find_heap_items(hid_t dataset, const FileBytes& file, const std::string& name) {
    ImageItems items;
    items.path = file.path();
    items.dataset = name;
    const std::string where = fmt::format("{}: {}", file.path(), name);
    const StoredArray references = index_array(dataset, file, name);
    require_plausible(dataset, capped_product(references.shape), where);
    blaming(where, [&] {
        const std::optional<std::uint64_t> base = base_address(dataset);
        if (!base) {
            throw DataError("has addresses in its file that are not 8 bytes wide, as Tacit reads variable-length data");
        }
        resolve(read_dense(references, file, kMaxReferences), *base, file, items);
    });
    return items;
}

} // namespace tacit::shards::h5
