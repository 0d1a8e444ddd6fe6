// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/utf8.hpp"

#include <gtest/gtest.h>
#include <string>

namespace tacit {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

TEST(Utf8, IsTextOfOneToFourBytes) {
    for (const char* text : {"", "plain\n", "caf\xC3\xA9", "\xE2\x82\xAC", "\xED\x9F\xBF", "\xEE\x80\x80",
                             "\xF0\x9F\x90\x88 cat", "\xF4\x8F\xBF\xBF"})
        EXPECT_EQ(first_not_utf8(text), kNone) << text;
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

} // namespace
} // namespace tacit
