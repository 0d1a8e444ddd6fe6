// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/import/arrays/npy_array.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/utf8.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/shards/images/byte_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <string_view>
#include <utility>

namespace tacit::shards {
namespace {

constexpr std::size_t kMaxHeader = std::size_t{1} << 16;
constexpr std::int64_t kMaxValues = std::int64_t{1} << 40;

[[noreturn]] void bad_npy(const NpyArray& array, const std::string& what) {
    throw DataError(fmt::format("{}: {}: {}", array.store->path(), array.name, what));
}

/// What stands behind "'key':" in the header, a Python dictionary (NumPy enhancement proposal 1).
std::string_view value_of(const NpyArray& array, std::string_view header, std::string_view key) {
    const std::size_t at = header.find(fmt::format("'{}'", key));
    const std::size_t colon = at == std::string_view::npos ? at : header.find(':', at);
    if (colon == std::string_view::npos) {
        bad_npy(array, fmt::format("is a damaged .npy (its header has no '{}')", key));
    }
    std::string_view value = header.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return value;
}

/// '<f4', '|u1', '>i2', '<U12', '|S7', …
void parse_type(NpyArray& array, std::string_view value) {
    constexpr std::size_t kMostCharacters = 1 << 16;
    const std::size_t end = value.find('\'', 1);
    const std::string type(value.substr(0, std::min<std::size_t>(end, 12)));
    const std::string digits = type.size() > 3 ? type.substr(3) : "";
    const bool simple = type.size() > 3 && type[0] == '\'' && std::strchr("<>|=", type[1]) != nullptr &&
                        digits.size() < 7 && digits.find_first_not_of("0123456789") == std::string::npos;
    const std::size_t size = simple ? std::stoul(digits) : 0;
    const char kind = simple ? type[2] : '?';
    const bool number = std::strchr("buif", kind) != nullptr && (size == 1 || size == 2 || size == 4 || size == 8);
    const bool text = (kind == 'U' || kind == 'S') && size > 0 && size <= kMostCharacters;
    if (!number && !text) {
        bad_npy(array, value.starts_with('[') ? "holds records; save the field of images as an array of its own"
                       : type.find('O') == 2
                           ? "holds Python objects, which Tacit does not unpickle; save images of one size as one "
                             "array of numbers, others as PNG or TIFF files, and texts with astype(str)"
                       : kind == 'c' ? "holds complex numbers; save what is meant of them, such as abs(array)"
                                     : fmt::format("holds values of type {}, neither plain numbers nor texts; convert "
                                                   "the array with astype()",
                                                   one_line(value.substr(0, value.find(',')))));
    }
    array.big_endian = type[1] == '>';
    array.kind = kind;
    array.value_bytes = kind == 'U' ? 4 * size : size;
}

void parse_shape(NpyArray& array, std::string_view value) {
    const std::size_t end = value.find(')');
    if (value.empty() || value[0] != '(' || end == std::string_view::npos) {
        bad_npy(array, "is a damaged .npy (its shape cannot be read)");
    }
    std::int64_t total = 1;
    std::string digits;
    for (const char letter : value.substr(1, end)) {
        if (std::isdigit(static_cast<unsigned char>(letter)) != 0 && digits.size() < 13) {
            digits += letter;
        } else if ((letter == ',' || letter == ')') && !digits.empty()) {
            array.shape.push_back(std::stoll(digits));
            digits.clear();
            total = array.shape.back() > kMaxValues / std::max<std::int64_t>(total, 1) ? kMaxValues + 1
                                                                                       : total * array.shape.back();
        } else if (letter != ' ' && letter != ',' && letter != ')') {
            bad_npy(array, "is a damaged .npy (its shape cannot be read)");
        }
        if (total > kMaxValues) {
            bad_npy(array, "is a damaged .npy (it claims an impossible shape)");
        }
    }
}

/// Length of magic, version and length field, and of the header behind them.
std::pair<std::size_t, std::size_t> header_extent(const NpyArray& array, std::uint64_t bytes) {
    std::uint8_t start[12] = {};
    if (bytes < 10) {
        bad_npy(array, "is a damaged .npy (it ends too early)");
    }
    array.store->read(array.offset, start, std::min<std::uint64_t>(bytes, sizeof(start)));
    if (std::memcmp(start, "\x93NUMPY", 6) != 0 || start[6] < 1 || start[6] > 3) {
        bad_npy(array, "is no .npy of format 1 to 3");
    }
    const std::size_t prefix = start[6] == 1 ? 10 : 12;
    const std::size_t length = start[6] == 1 ? little16(start + 8) : little32(start + 8);
    if (length > kMaxHeader || prefix + length > bytes) {
        bad_npy(array, "is a damaged .npy (its header leaves the file)");
    }
    return {prefix, length};
}

double number_at(const NpyArray& array, const std::uint8_t* at) {
    std::uint8_t bytes[8] = {};
    std::copy_n(at, array.value_bytes, bytes);
    if (array.big_endian) {
        std::reverse(bytes, bytes + array.value_bytes);
    }
    if (array.kind == 'f') {
        double value = 0;
        float narrow = 0;
        std::memcpy(&value, bytes, sizeof(value));
        std::memcpy(&narrow, bytes, sizeof(narrow));
        return array.value_bytes == 8 ? value : narrow;
    }
    const std::uint64_t bits = little64(bytes);
    const unsigned unused = 64 - 8 * static_cast<unsigned>(array.value_bytes);
    return array.kind == 'i' ? static_cast<double>(static_cast<std::int64_t>(bits << unused) >> unused)
                             : static_cast<double>(bits);
}

/// All values in C order.
std::vector<double> all_numbers(const NpyArray& array) {
    std::vector<std::uint8_t> scratch;
    const auto count = static_cast<std::size_t>(array.values());
    const std::uint8_t* data = array.store->view(array.offset, count * array.value_bytes, scratch);
    std::vector<double> numbers(count);
    const std::size_t rows = static_cast<std::size_t>(array.shape[0]);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t columns = count / rows;
        const std::size_t at = array.fortran ? (i % columns) * rows + i / columns : i;
        numbers[i] = number_at(array, data + at * array.value_bytes);
    }
    return numbers;
}

[[noreturn]] void no_labels(const NpyArray& array, const std::string& what) {
    throw NotLabels(fmt::format("{}: {}: {}", array.store->path(), array.name, what));
}

} // namespace

std::int64_t NpyArray::values() const {
    std::int64_t total = 1;
    for (const std::int64_t dim : shape) {
        total *= dim;
    }
    return total;
}

std::string NpyArray::text() const {
    return fmt::format("({}) {}{}", fmt::join(shape, ", "), kind, value_bytes);
}

std::vector<std::uint64_t> NpyArray::steps() const {
    std::vector<std::uint64_t> steps(shape.size());
    std::uint64_t step = 1;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const std::size_t axis = fortran ? i : shape.size() - 1 - i;
        steps[axis] = step;
        step *= static_cast<std::uint64_t>(shape[axis]);
    }
    return steps;
}

NpyArray open_npy_array(const std::string& name, std::shared_ptr<const ByteStore> store, std::uint64_t offset,
                        std::uint64_t bytes) {
    NpyArray array;
    array.name = name;
    array.store = std::move(store);
    array.offset = offset;
    const auto [prefix, length] = header_extent(array, bytes);
    std::string header(length, '\0');
    array.store->read(offset + prefix, header.data(), length);
    parse_type(array, value_of(array, header, "descr"));
    array.fortran = value_of(array, header, "fortran_order").starts_with("True");
    parse_shape(array, value_of(array, header, "shape"));
    array.offset = offset + prefix + length;
    const std::uint64_t there = bytes - prefix - length;
    const std::uint64_t wanted = static_cast<std::uint64_t>(array.values()) * array.value_bytes;
    if (there != wanted) {
        bad_npy(array,
                fmt::format("holds {} bytes of values, its header claims {} bytes; it is damaged", there, wanted));
    }
    return array;
}

std::vector<std::string> array_texts(const NpyArray& array) {
    std::vector<std::uint8_t> scratch;
    const auto count = static_cast<std::size_t>(array.values());
    const std::uint8_t* data = array.store->view(array.offset, count * array.value_bytes, scratch);
    const std::size_t width = array.kind == 'U' ? 4 : 1; // bytes of a character
    std::vector<std::string> texts(count);
    for (std::size_t i = 0; i < count * array.value_bytes; i += width) {
        std::uint8_t bytes[4] = {};
        std::copy_n(data + i, width, bytes);
        if (array.big_endian) {
            std::reverse(bytes, bytes + width);
        }
        if (const std::uint32_t code = little32(bytes); code != 0) {
            append_utf8(code, texts[i / array.value_bytes]);
        }
    }
    return texts;
}

Labels class_labels(const NpyArray& array) {
    const bool column = !array.shape.empty() && array.values() == array.shape[0];
    const bool table = array.shape.size() == 2 && array.shape[1] > 1;
    const bool text = array.kind == 'U' || array.kind == 'S';
    if ((!column && !(table && !text)) || array.values() == 0 || (array.kind == 'f' && array.value_bytes == 2)) {
        no_labels(array, fmt::format("has shape and type {}; labels are (N,), (N, 1) or one-hot (N, K)", array.text()));
    }
    const std::string where = fmt::format("{}: {}", array.store->path(), array.name);
    if (text) {
        return labels_of_texts(array_texts(array), where, Meaning::classes);
    }
    const std::vector<double> numbers = all_numbers(array);
    return table ? labels_of_one_hot(numbers, static_cast<std::size_t>(array.shape[1]), where)
                 : labels_of_numbers(numbers, where);
}

} // namespace tacit::shards
