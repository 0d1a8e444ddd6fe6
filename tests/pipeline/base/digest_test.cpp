// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/digest.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

#include <array>
#include <cstdint>
#include <gtest/gtest.h>
#include <numeric>
#include <string>
#include <vector>

namespace tacit {
namespace {

// FIPS 180-2, appendix B.
TEST(Sha256, GivesThePublishedDigests) {
    EXPECT_EQ(sha256_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_of(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnThePieces) {
    Sha256 sha;
    sha.update("a", 1);
    sha.update("bc", 2);
    EXPECT_EQ(sha.hex(), sha256_of("abc"));
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
    const std::string path = testing::TempDir() + "/digest";
    const std::string content(3000001, 'x');
    write_file_atomically(path, content);
    EXPECT_EQ(sha256_of_file(path), sha256_of(content));
}

TEST(Sha256, OfAMissingFileThrows) {
    EXPECT_THROW(sha256_of_file("/nonexistent/file"), IoError);
}

using Crc = std::uint32_t (*)(const void*, std::size_t, std::uint32_t);

class Crc32c : public testing::TestWithParam<Crc> {};

// RFC 3720, appendix B.4, and the check value of the CRC catalogue.
TEST_P(Crc32c, GivesThePublishedValues) {
    const Crc crc = GetParam();
    std::array<std::uint8_t, 32> bytes{};
    EXPECT_EQ(crc(bytes.data(), bytes.size(), 0), 0x8A9136AAU);
    bytes.fill(0xFF);
    EXPECT_EQ(crc(bytes.data(), bytes.size(), 0), 0x62A8AB43U);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    EXPECT_EQ(crc(bytes.data(), bytes.size(), 0), 0x46DD794EU);
    EXPECT_EQ(crc("123456789", 9, 0), 0xE3069283U);
    EXPECT_EQ(crc("", 0, 0), 0U);
}

TEST_P(Crc32c, ContinuesAnEarlierResult) {
    const std::string text = "The quick brown fox jumps over the lazy dog";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        const std::uint32_t first = GetParam()(text.data(), cut, 0);
        EXPECT_EQ(GetParam()(text.data() + cut, text.size() - cut, first), GetParam()(text.data(), text.size(), 0));
    }
}

INSTANTIATE_TEST_SUITE_P(Implementations, Crc32c, testing::Values(&crc32c, &crc32c_portable));

TEST(Crc32cHardware, AgreesWithTheTablesAtEveryAlignment) {
    std::vector<std::uint8_t> bytes(300);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(i * 131 + i / 7);
    }
    for (std::size_t begin = 0; begin < 9; ++begin) {
        for (std::size_t length = 0; begin + length <= bytes.size(); length += 3) {
            ASSERT_EQ(crc32c(&bytes[begin], length), crc32c_portable(&bytes[begin], length));
        }
    }
}

} // namespace
} // namespace tacit
