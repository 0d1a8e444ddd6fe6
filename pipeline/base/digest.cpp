// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/digest.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <openssl/evp.h>
#include <stdexcept>
#include <vector>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace tacit {

struct Sha256::Impl {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    Impl() = default;
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
    if (impl_->context == nullptr) {
        throw std::bad_alloc();
    }
    if (EVP_DigestInit_ex(impl_->context, EVP_sha256(), nullptr) != 1) {
        throw Error("OpenSSL offers no SHA-256; check the OpenSSL installation (openssl list -digest-algorithms)");
    }
}

Sha256::~Sha256() = default;

void Sha256::update(const void* data, std::size_t bytes) {
    if (EVP_DigestUpdate(impl_->context, data, bytes) != 1) {
        throw std::logic_error("Sha256::update on a spent digest");
    }
}

std::string Sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (EVP_DigestFinal_ex(impl_->context, digest.data(), &length) != 1) {
        throw std::logic_error("Sha256::hex on a spent digest");
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < length; ++i) {
        text += kDigits[digest[i] >> 4U];
        text += kDigits[digest[i] & 15U];
    }
    return text;
}

std::string sha256_of(std::string_view bytes) {
    Sha256 sha;
    sha.update(bytes.data(), bytes.size());
    return sha.hex();
}

std::string sha256_of_file(const std::string& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
    if (!file) {
        throw IoError("cannot read '" + path + "': " + errno_text());
    }
    Sha256 sha;
    std::vector<char> block(std::size_t{1} << 20);
    while (true) {
        const std::size_t got = std::fread(block.data(), 1, block.size(), file.get());
        sha.update(block.data(), got);
        if (got < block.size()) {
            break;
        }
    }
    if (std::ferror(file.get()) != 0) {
        throw IoError("cannot read '" + path + "': " + errno_text());
    }
    return sha.hex();
}

namespace {

constexpr std::uint32_t kCastagnoli = 0x82F63B78U; // reflected polynomial

using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr CrcTables make_tables() {
    CrcTables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value >> 1U) ^ ((value & 1U) != 0 ? kCastagnoli : 0U);
        }
        tables[0][byte] = value;
    }
    for (std::size_t slice = 1; slice < 8; ++slice) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t previous = tables[slice - 1][byte];
            tables[slice][byte] = (previous >> 8U) ^ tables[0][previous & 255U];
        }
    }
    return tables;
}

constexpr CrcTables kTables = make_tables();

std::uint64_t load_word(const unsigned char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(const void* data, std::size_t bytes, std::uint32_t crc) {
    const auto* next = static_cast<const unsigned char*>(data);
    std::uint64_t value = ~crc;
    for (; bytes >= 8; bytes -= 8, next += 8) {
        value = _mm_crc32_u64(value, load_word(next));
    }
    auto tail = static_cast<std::uint32_t>(value);
    for (; bytes > 0; --bytes, ++next) {
        tail = _mm_crc32_u8(tail, *next);
    }
    return ~tail;
}
#endif

} // namespace

/// Slicing-by-8 (Kounavis & Berry, "A systematic approach to building high performance CRC", 2005).
std::uint32_t crc32c_portable(const void* data, std::size_t bytes, std::uint32_t crc) {
    const auto* next = static_cast<const unsigned char*>(data);
    std::uint32_t value = ~crc;
    for (; bytes >= 8; bytes -= 8, next += 8) {
        const std::uint64_t word = load_word(next) ^ value; // little-endian: checked by the known vectors
        value = 0;
        for (unsigned slice = 0; slice < 8; ++slice) {
            value ^= kTables[7 - slice][(word >> (8 * slice)) & 255U];
        }
    }
    for (; bytes > 0; --bytes, ++next) {
        value = (value >> 8U) ^ kTables[0][(value ^ *next) & 255U];
    }
    return ~value;
}

std::uint32_t crc32c(const void* data, std::size_t bytes, std::uint32_t crc) {
#if defined(__x86_64__)
    static const bool kHardware = __builtin_cpu_supports("sse4.2") != 0;
    if (kHardware) {
        return crc32c_sse42(data, bytes, crc);
    }
#endif
    return crc32c_portable(data, bytes, crc);
}

} // namespace tacit
