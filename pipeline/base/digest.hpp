// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tacit {

/// SHA-256 (OpenSSL), incremental.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    void update(const void* data, std::size_t bytes);
    /// 64 lower-case hex digits; the object is spent.
    std::string hex();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

std::string sha256_of(std::string_view bytes);
/// Throws IoError when the file cannot be read.
std::string sha256_of_file(const std::string& path);

/// CRC-32C (Castagnoli, as in iSCSI and TFRecord), hardware-accelerated where the CPU can.
/// Continue an earlier result by passing it as `crc`.
std::uint32_t crc32c(const void* data, std::size_t bytes, std::uint32_t crc = 0);
/// The same by tables alone: what crc32c() does on a CPU without SSE 4.2.
std::uint32_t crc32c_portable(const void* data, std::size_t bytes, std::uint32_t crc = 0);

} // namespace tacit
