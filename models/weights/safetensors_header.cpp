// SPDX-License-Identifier: Apache-2.0
#include "models/weights/safetensors_header.hpp"

#include "models/weights/element_types.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/json_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace tacit::models {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* kMetadata = "__metadata__";
constexpr std::size_t kMostDimensions = 64;
constexpr int kDeepestHeader = 4; ///< header, tensor, its lists; more is not safetensors

/// One header under examination; what() of every error starts with the file.
class HeaderReader {
  public:
    HeaderReader(const std::string& path, std::uint64_t buffer_bytes) : path_(path), buffer_bytes_(buffer_bytes) {}

    SafetensorsHeader read(const std::string& text) {
        const auto root = parse(text);
        if (!root.is_object()) {
            fail("the header is not a JSON object");
        }
        SafetensorsHeader header;
        for (const auto& [name, value] : root.items()) {
            if (name == kMetadata) {
                header.metadata = metadata(value);
            } else {
                header.entries.push_back(entry(name, value));
            }
        }
        std::stable_sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
            return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
        });
        require_tiling(header.entries);
        return header;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw DataError(fmt::format("{}: not a valid safetensors file: {}; copy or write it again", path_, what));
    }

    Json parse(const std::string& text) const {
        std::vector<std::set<std::string>> keys;
        const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
            if (depth > kDeepestHeader) {
                fail("the header is nested too deeply");
            }
            if (event == Json::parse_event_t::object_start) {
                keys.emplace_back();
            } else if (event == Json::parse_event_t::object_end) {
                keys.pop_back();
            } else if (event == Json::parse_event_t::key &&
                       !keys.back().insert(value.get_ref<const std::string&>()).second) {
                fail(fmt::format("the key '{}' is given twice", value.get_ref<const std::string&>()));
            }
            return true;
        };
        try {
            return Json::parse(text, watch);
        } catch (const nlohmann::json::exception&) {
            fail("the header is not JSON");
        }
    }

    std::map<std::string, std::string> metadata(const Json& value) const {
        if (!value.is_object()) {
            fail("__metadata__ is not an object");
        }
        std::map<std::string, std::string> result;
        for (const auto& [key, text] : value.items()) {
            if (!text.is_string()) {
                fail(fmt::format("__metadata__ '{}' is not a string", key));
            }
            result[key] = text.get<std::string>();
        }
        return result;
    }

    TensorEntry entry(const std::string& name, const Json& value) const {
        if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value.contains("shape") ||
            !value.contains("data_offsets")) {
            fail(fmt::format("tensor '{}' needs exactly dtype, shape and data_offsets", name));
        }
        const auto& dtype = value.at("dtype");
        const auto type = dtype.is_string() ? safetensors_type(dtype.get<std::string>()) : std::nullopt;
        if (!type) {
            fail(fmt::format("tensor '{}' has the unknown dtype {}", name, dtype.dump()));
        }
        TensorEntry result{name, *type, {}, 0, 0};
        const auto shape = sizes(name, "shape", value.at("shape"), kMostDimensions);
        const auto offsets = sizes(name, "data_offsets", value.at("data_offsets"), 2);
        if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > buffer_bytes_) {
            fail(fmt::format("tensor '{}' has the range {} in a buffer of {} bytes", name,
                             value.at("data_offsets").dump(), buffer_bytes_));
        }
        result.begin = offsets[0];
        result.end = offsets[1];
        require_fit(name, shape, c10::elementSize(*type), result.end - result.begin);
        result.shape.assign(shape.begin(), shape.end());
        return result;
    }

    std::vector<std::uint64_t> sizes(const std::string& name, const char* key, const Json& list,
                                     std::size_t most) const {
        if (!list.is_array() || list.size() > most) {
            fail(fmt::format("tensor '{}': {} is not a list of at most {} numbers", name, key, most));
        }
        std::vector<std::uint64_t> result;
        for (const auto& item : list) {
            if (!item.is_number_unsigned() || item.get<std::uint64_t>() > INT64_MAX) {
                fail(fmt::format("tensor '{}': {} holds {}, not a size", name, key, item.dump()));
            }
            result.push_back(item.get<std::uint64_t>());
        }
        return result;
    }

    void require_fit(const std::string& name, const std::vector<std::uint64_t>& shape, std::size_t element,
                     std::uint64_t bytes) const {
        const bool empty = std::find(shape.begin(), shape.end(), 0U) != shape.end();
        std::uint64_t need = empty ? 0 : element;
        for (const auto size : shape) {
            // Compared by division: the product of damaged sizes may not fit 64 bits.
            if (!empty && need > bytes / size) {
                need = bytes + 1;
                break;
            }
            need *= size;
        }
        if (need != bytes) {
            fail(
                fmt::format("tensor '{}' has a range of {} bytes, which its shape and dtype do not fill", name, bytes));
        }
    }

    void require_tiling(const std::vector<TensorEntry>& entries) const {
        std::uint64_t expected = 0;
        for (const auto& entry : entries) {
            if (entry.begin != expected) {
                fail(fmt::format("tensor '{}' starts at byte {} where {} was expected (ranges overlap or leave a gap)",
                                 entry.name, entry.begin, expected));
            }
            expected = entry.end;
        }
        if (expected != buffer_bytes_) {
            fail(fmt::format("tensors end at byte {} of a buffer of {} bytes", expected, buffer_bytes_));
        }
    }

    const std::string& path_;
    std::uint64_t buffer_bytes_;
};

} // namespace

std::string header_text(const SafetensorsHeader& header) {
    Json root = Json::object();
    if (!header.metadata.empty()) {
        root[kMetadata] = header.metadata;
    }
    for (const auto& entry : header.entries) {
        if (entry.name == kMetadata || root.contains(entry.name)) {
            throw std::logic_error(fmt::format("safetensors: the name '{}' is reserved or given twice", entry.name));
        }
        root[entry.name] = {{"dtype", safetensors_name(entry.type)},
                            {"shape", entry.shape},
                            {"data_offsets", {entry.begin, entry.end}}};
    }
    auto text = json_text(std::move(root));
    text.append((8 - text.size() % 8) % 8, ' ');
    return text;
}

SafetensorsHeader parse_header(const std::string& path, const std::string& text, std::uint64_t buffer_bytes) {
    return HeaderReader(path, buffer_bytes).read(text);
}

} // namespace tacit::models
