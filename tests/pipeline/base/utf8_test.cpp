// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/utf8.hpp"

#include "pipeline/base/json_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>
#include <string>

namespace tacit {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

TEST(Utf8, IsTextOfOneToFourBytes) {
    for (const char* text : {"", "plain\n", "caf\xC3\xA9", "\xE2\x82\xAC", "\xED\x9F\xBF", "\xEE\x80\x80",
                             "\xF0\x9F\x90\x88 cat", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_EQ(first_not_utf8(text), kNone) << text;
    }
}

TEST(Utf8, TellsWhereTextIsAnotherEncoding) {
    EXPECT_EQ(first_not_utf8("caf\xE9 noir"), 3U);                // Latin-1
    EXPECT_EQ(first_not_utf8("caf\xC3\xA9 \xFC"), 6U);            // the second one
    EXPECT_EQ(first_not_utf8("a\x80"), 1U);                       // a byte that only follows
    EXPECT_EQ(first_not_utf8("\xC3"), 0U);                        // cut off
    EXPECT_EQ(first_not_utf8("\xE2\x82"), 0U);                    // cut off
    EXPECT_EQ(first_not_utf8("\xC0\xAF"), 0U);                    // overlong
    EXPECT_EQ(first_not_utf8("\xE0\x9F\xBF"), 0U);                // overlong
    EXPECT_EQ(first_not_utf8("\xF0\x8F\xBF\xBF"), 0U);            // overlong
    EXPECT_EQ(first_not_utf8("\xED\xA0\x80"), 0U);                // a surrogate
    EXPECT_EQ(first_not_utf8("\xF4\x90\x80\x80"), 0U);            // beyond U+10FFFF
    EXPECT_EQ(first_not_utf8("\xF5\x80\x80\x80"), 0U);            // no lead byte
    EXPECT_EQ(first_not_utf8(std::string("ab\xE2\x28\xA1")), 2U); // broken inside
}

TEST(Utf8, TextThatIsUtf8StaysAsItIs) {
    for (const std::string text : {"", "plain", "caf\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x90\xB1", "a\\xE9b\\"}) {
        EXPECT_EQ(utf8_of(text), text);
    }
}

TEST(Utf8, OtherBytesAreWrittenAsNumbers) {
    EXPECT_EQ(utf8_of("caf\xE9"), "caf\\xE9");
    EXPECT_EQ(utf8_of("\xFF\xC3\xA9\xC3"), "\\xFF\xC3\xA9\\xC3");
    EXPECT_EQ(utf8_of("a\\\xE9"), "a\\\\\\xE9");
}

TEST(Utf8, TwoTextsThatAreNoneNeverBecomeOne) {
    std::set<std::string> made;
    const std::string parts[] = {"\\", "x", "E", "9", "\xE9", "\\xE9"};
    std::set<std::string> texts;
    for (const std::string& a : parts) {
        for (const std::string& b : parts) {
            for (const std::string& c : parts) {
                texts.insert(a + b + c + "\xFF");
            }
        }
    }
    for (const std::string& text : texts) {
        made.insert(utf8_of(text));
    }
    EXPECT_EQ(made.size(), texts.size());
}

TEST(Utf8, JsonOfAnyBytesCanBeReadAgain) {
    nlohmann::ordered_json json = {{"name", "caf\xE9"}, {"list", {"\xFF", 1, nullptr}}, {"k\xE9y", {{"deep", "\x80"}}}};
    const auto read = nlohmann::ordered_json::parse(json_text(json, 2));
    EXPECT_EQ(read["name"], "caf\\xE9");
    EXPECT_EQ(read["list"][0], "\\xFF");
    EXPECT_EQ(read["k\\xE9y"]["deep"], "\\x80");
    EXPECT_EQ(json_text(nlohmann::json({{"b", 1}, {"a", "\xC3\xA9"}})), "{\"a\":\"\xC3\xA9\",\"b\":1}");
}

TEST(Utf8, WritesCodePoints) {
    std::string text;
    for (const std::uint32_t code : {0x41U, 0xE9U, 0x20ACU, 0x1F600U}) {
        append_utf8(code, text);
    }
    EXPECT_EQ(text, "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

} // namespace
} // namespace tacit
