// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/base/error.hpp"

#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tacit::shards {

/// Values that are written and read as the bytes that they are; what is written is read by the same kind of machine.
template <class T>
concept Plain = std::is_trivially_copyable_v<T> && !std::same_as<T, bool>;
template <class T>
concept PlainScalar = std::is_arithmetic_v<T> || std::is_enum_v<T>;

/// Writes whatever has a list of its fields: `fields(archive, value)` that calls archive("name name …", field, field,
/// …).
class IndexWriter {
  public:
    template <class... T> void operator()(const char* /*names*/, const T&... values) { (put(values), ...); }
    template <class T> void put(const T& value) {
        if constexpr (std::same_as<T, bool>) {
            put(static_cast<std::uint8_t>(value));
        } else if constexpr (PlainScalar<T>) {
            append(&value, sizeof(T));
        } else {
            fields(*this, value);
        }
    }
    void put(const std::string& text) {
        put(std::uint64_t{text.size()});
        bytes_ += text;
    }
    template <class T> void put(const std::optional<T>& value) {
        put(value.has_value());
        if (value) {
            put(*value);
        }
    }
    template <class T> void put(const std::vector<T>& values) {
        put(std::uint64_t{values.size()});
        if constexpr (Plain<T>) {
            append(values.data(), values.size() * sizeof(T));
        } else {
            for (const T& value : values) {
                put(value);
            }
        }
    }
    std::string take() { return std::move(bytes_); }

  private:
    void append(const void* data, std::size_t bytes) {
        if (bytes > 0) {
            bytes_.append(static_cast<const char*>(data), bytes);
        }
    }
    std::string bytes_;
};

/// Reads what IndexWriter wrote. Throws DataError with the reason alone, before memory is taken that the bytes do not
/// account for. Knows nothing of meaning: numbers out of range are the caller's to find.
class IndexReader {
  public:
    explicit IndexReader(std::string_view bytes) : left_(bytes) {}
    template <class... T> void operator()(const char* /*names*/, T&... values) { (get(values), ...); }
    template <class T> void get(T& value) {
        if constexpr (std::same_as<T, bool>) {
            std::uint8_t byte = 0;
            get(byte);
            value = byte != 0;
        } else if constexpr (PlainScalar<T>) {
            copy(&value, sizeof(T));
        } else {
            fields(*this, value);
        }
    }
    void get(std::string& text) {
        text.resize(length(1));
        copy(text.data(), text.size());
    }
    template <class T> void get(std::optional<T>& value) {
        bool there = false;
        get(there);
        value.reset();
        if (there) {
            T read{};
            get(read);
            value.emplace(std::move(read));
        }
    }
    template <class T> void get(std::vector<T>& values) {
        values.clear();
        if constexpr (Plain<T>) {
            values.resize(length(sizeof(T)));
            copy(values.data(), values.size() * sizeof(T));
        } else {
            for (std::size_t count = length(1); count > 0; --count) {
                get(values.emplace_back());
            }
        }
    }
    void expect_end() const {
        if (!left_.empty()) {
            throw DataError("is longer than what it holds");
        }
    }

  private:
    /// Of a list whose elements take at least `least` bytes each.
    std::size_t length(std::size_t least) {
        std::uint64_t count = 0;
        get(count);
        if (count > left_.size() / least) {
            throw DataError("ends early");
        }
        return static_cast<std::size_t>(count);
    }
    void copy(void* to, std::size_t bytes) {
        if (bytes > left_.size()) {
            throw DataError("ends early");
        }
        if (bytes > 0) {
            std::memcpy(to, left_.data(), bytes);
            left_.remove_prefix(bytes);
        }
    }
    std::string_view left_;
};

/// Lists names and sizes of all fields, so that bytes of another version of the program are told from those of this
/// one.
class IndexSchema {
  public:
    template <class... T> void operator()(const char* names, const T&... values) {
        text_ += names;
        (put(values), ...);
    }
    template <class T> void put(const T& value) {
        if constexpr (PlainScalar<T>) {
            text_ += ':' + std::to_string(sizeof(T));
        } else {
            text_ += '{';
            fields(*this, value);
            text_ += '}';
        }
    }
    void put(const std::string& /*text*/) { text_ += ":text"; }
    template <class T> void put(const std::optional<T>& /*value*/) {
        text_ += '?';
        put(T{});
    }
    template <class T> void put(const std::vector<T>& /*values*/) {
        text_ += '*';
        if constexpr (Plain<T>) {
            text_ += std::to_string(sizeof(T));
        } else {
            put(T{});
        }
    }
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

} // namespace tacit::shards
