// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/images/formats.hpp"

#include "pipeline/base/error.hpp"
#include "tests/pipeline/shards/image_fixtures.hpp"
#include "tests/pipeline/shards/import/import_fixtures.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <thread>

namespace tacit::shards {
namespace {

using testing::Bytes;
using testing::import_fixture;
using testing::read_bytes;

struct Case {
    std::string file;
    Bytes bytes;
    Bytes pixels;
    augment::ImageShape shape;
    std::string element;
    bool first_page = false;
};

/// Image files and the pixels that Pillow or tifffile read (tests/oracle/import_fixtures.py).
std::vector<Case> oracle_cases() {
    std::ifstream index(import_fixture("images/index.json"));
    std::vector<Case> cases;
    for (const nlohmann::json& entry : nlohmann::json::parse(index)) {
        const nlohmann::json& shape = entry["shape"];
        cases.push_back({entry["file"],
                         read_bytes(import_fixture("images/" + entry["file"].get<std::string>())),
                         read_bytes(import_fixture("images/" + entry["raw"].get<std::string>())),
                         {shape[0], shape[1], shape[2]},
                         entry["element"],
                         entry["first_page"]});
    }
    return cases;
}

Bytes decode(const Case& from, const Bytes& bytes) {
    const FileInfo info = file_info(bytes, from.first_page);
    Bytes pixels;
    decode_file(bytes, from.first_page, info.picture.shape.channels, info.picture.element, pixels);
    return pixels;
}

TEST(ImageFormats, DecodeToTheOraclesPixels) {
    const std::vector<Case> cases = oracle_cases();
    EXPECT_GT(cases.size(), 25U);
    for (const Case& oracle : cases) {
        const FileInfo info = file_info(oracle.bytes, oracle.first_page);
        EXPECT_EQ(info.picture.shape, oracle.shape) << oracle.file;
        EXPECT_EQ(element_name(info.picture.element), oracle.element) << oracle.file;
        EXPECT_EQ(decode(oracle, oracle.bytes), oracle.pixels) << oracle.file;
    }
}

TEST(ImageFormats, DecodeInSeveralThreadsAtOnce) {
    const std::vector<Case> cases = oracle_cases();
    std::vector<int> wrong(3, 0);
    {
        std::vector<std::jthread> threads;
        for (std::size_t t = 0; t < wrong.size(); ++t) {
            threads.emplace_back([&, t] {
                for (std::size_t i = 0; i < 4 * cases.size(); ++i) {
                    const Case& oracle = cases[(i + t) % cases.size()];
                    wrong[t] += decode(oracle, oracle.bytes) == oracle.pixels ? 0 : 1;
                }
            });
        }
    }
    EXPECT_EQ(wrong, (std::vector<int>{0, 0, 0}));
}

TEST(ImageFormats, CutFilesAreRefusedOrDecodeWithoutReadingBeyondTheirEnd) {
    for (const Case& oracle : oracle_cases()) {
        // The pixels are the last thing in the file or end shortly before: half of it cannot be whole.
        const Bytes half(oracle.bytes.begin(),
                         oracle.bytes.begin() + static_cast<std::ptrdiff_t>(oracle.bytes.size() / 2));
        EXPECT_THROW(decode(oracle, half), DataError) << oracle.file;
        for (std::size_t bytes = 0; bytes < oracle.bytes.size(); bytes += 1 + bytes / 16) {
            try {
                decode(oracle, Bytes(oracle.bytes.begin(), oracle.bytes.begin() + static_cast<std::ptrdiff_t>(bytes)));
            } catch (const DataError& error) {
                EXPECT_STRNE(error.what(), "") << oracle.file;
            }
        }
    }
}

TEST(ImageFormats, FlippedBytesNeverDoMoreThanThrow) {
    for (const Case& oracle : oracle_cases()) {
        for (std::size_t at = 0; at < std::min<std::size_t>(oracle.bytes.size(), 400); ++at) {
            Bytes damaged = oracle.bytes;
            damaged[at] ^= static_cast<std::uint8_t>(0x80U >> (at % 8));
            try {
                decode(oracle, damaged);
            } catch (const DataError& error) {
                EXPECT_STRNE(error.what(), "") << oracle.file;
            }
        }
    }
}

TEST(ImageFormats, SeveralPagesAreRefusedWithTheOptionThatTakesTheFirst) {
    const Bytes pages = read_bytes(import_fixture("images/pages.tif"));
    EXPECT_NE(message_of<DataError>([&] { file_info(pages, false); })
                  .find("2 pages; save them as images of their own, "
                        "or take the first page of each file with "
                        "--first-page"),
              std::string::npos);
    EXPECT_EQ(file_info(pages, true).picture.shape, (augment::ImageShape{9, 7, 1}));
}

TEST(ImageFormats, HugeClaimsAreRefusedBeforeMemoryIsTaken) {
    const std::string pnm = "P6 70000 70000 255\n";
    EXPECT_NE(message_of<DataError>([&] { file_info(Bytes(pnm.begin(), pnm.end()), false); }).find("70000 x 70000"),
              std::string::npos);
    Bytes bmp = read_bytes(import_fixture("images/rgb.bmp"));
    bmp[20] = bmp[24] = 0x7F;
    EXPECT_NE(message_of<DataError>([&] { file_info(bmp, false); }).find("the limit is"), std::string::npos);
}

TEST(ImageFormats, GrayAndColourBecomeEachOtherAndEightBitsBecomeSixteen) {
    const std::string colour = "P3 1 1 255 200 100 50";
    Bytes pixels;
    const Bytes bytes(colour.begin(), colour.end());
    decode_file(bytes, false, 1, Element::u8, pixels);
    EXPECT_EQ(pixels, (Bytes{124})); // 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2
    const std::string gray = "P2 1 1 255 200";
    decode_file(Bytes(gray.begin(), gray.end()), false, 3, Element::u16, pixels);
    EXPECT_EQ(pixels, (Bytes{200, 200, 200, 200, 200, 200})); // 200 * 257 = 0xC8C8
    EXPECT_NE(
        message_of<DataError>([&] { decode_file(bytes, false, 13, Element::u8, pixels); }).find("3 channels where"),
        std::string::npos);
    EXPECT_NE(
        message_of<DataError>([&] { decode_file(bytes, false, 3, Element::f32, pixels); }).find("u8 values where"),
        std::string::npos);
}

TEST(ImageFormats, OtherContentIsNamed) {
    EXPECT_NE(message_of<DataError>([&] {
                  file_info(Bytes{'G', 'I', 'F', '8'}, false);
              }).find("is a GIF image; convert it"),
              std::string::npos);
    EXPECT_EQ(message_of<DataError>([&] { file_info({}, false); }), "is empty; copy or download it again");
    EXPECT_TRUE(has_image_extension("a/B.TIFF"));
    EXPECT_FALSE(has_image_extension("a.jpg/readme"));
}

} // namespace
} // namespace tacit::shards
