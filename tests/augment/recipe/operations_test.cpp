// SPDX-License-Identifier: Apache-2.0
// What holds for every operation.
#include "augment/recipe/operation.hpp"
#include "tests/augment/test_images.hpp"

#include "pipeline/base/error.hpp"
#include "tests/fixtures.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace tacit::augment {
namespace {

bool makes_mask(const std::string& name) {
    return static_cast<bool>(Recipe(one_view(32, {{name, 1.0, {}}}), 3).outputs(0).mask);
}

TEST(EveryOperation, TakesImagesOfExtremeSizesOrSaysWhatToDo) {
    for (const std::string& name : operation_names()) {
        if (makes_mask(name)) {
            continue;
        }
        std::vector<OpSpec> ops{{name, 1.0, {}}};
        if (name != "jigsaw") { // which gives the view its size, and comes last
            ops.push_back({"resize", 1.0, {}});
        }
        const Recipe recipe(one_view(32, ops), 3);
        for (const auto& [height, width] : std::vector<std::pair<int, int>>{
                 {1, 1}, {1, 37}, {37, 1}, {2, 2}, {1, 10000}, {10000, 1}, {10000, 13}, {33, 10000}}) {
            try {
                run(recipe, TestImage(height, width, 3, 90).view(), {1, 0, 5});
            } catch (const DataError& error) {
                EXPECT_NE(std::string(error.what()).find(name == "resize_short_side" ? "use resize" : "put "),
                          std::string::npos)
                    << error.what();
                EXPECT_TRUE(name == "resize_short_side" || name == "padded_crop" || name == "jigsaw") << name;
            }
        }
    }
}

TEST(EveryOperation, ThatMakesAMaskTakesViewsOfAnySize) {
    for (const std::string& name : operation_names()) {
        if (!makes_mask(name)) {
            continue;
        }
        for (const int size : {1, 2, 3, 7, 1009}) {
            const SampleOutputs outputs =
                run(Recipe(one_view(size, {{name, 1.0, {}}}), 3), TestImage(size, size, 3).view(), {1, 0, 5});
            for (const std::uint8_t cell : outputs.masks[0]) {
                ASSERT_LE(cell, 1) << name;
            }
        }
    }
}

TEST(EveryOperation, SaysWhatItDrewWithoutDrawingOtherwise) {
    for (const std::string& name : preset_names()) {
        const Recipe recipe(preset(name, 32, 3), 3);
        const TestImage image = random_image(40, 36, 3);
        const SampleOutputs silent = run(recipe, image.view(), {1, 0, 7});
        std::vector<std::vector<std::string>> notes(static_cast<std::size_t>(recipe.views()));
        Workspace workspace;
        std::vector<ViewSlot> slots;
        std::vector<std::vector<std::uint8_t>> pixels;
        for (std::size_t i = 0; i < notes.size(); ++i) {
            pixels.emplace_back(recipe.output(static_cast<int>(i)).bytes());
            slots.push_back({pixels.back().data(), nullptr, nullptr, nullptr, &notes[i]});
        }
        recipe.apply(image.view(), {1, 0, 7}, slots, workspace);
        EXPECT_EQ(pixels, silent.pixels) << name;
        for (std::size_t i = 0; i < notes.size(); ++i) {
            EXPECT_FALSE(notes[i].empty()) << name;
        }
    }
}

TEST(Notes, NameEachOperationAppliedAndItsDraws) {
    const Recipe recipe(one_view(8, {{"horizontal_flip", 0.0, {}},
                                     {"rotate90", 1.0, {{"turns", {1}}}},
                                     {"gaussian_blur", 1.0, {{"sigma", {1.5}}}},
                                     {"solarize", 1.0, {}}}),
                        1);
    std::vector<std::string> notes;
    Workspace workspace;
    recipe.apply(TestImage(8, 8, 1).view(), {}, {{nullptr, nullptr, nullptr, nullptr, &notes}}, workspace);
    EXPECT_EQ(notes, (std::vector<std::string>{"rotate90 90", "gaussian_blur sigma 1.50", "solarize"}));
}

std::string text_of(const std::string& path) {
    std::ifstream file(fixtures_folder() + "/../../../" + path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The line of `text` that begins with `begin`; empty if there is none.
std::string line_of(const std::string& text, const std::string& begin) {
    const std::size_t found = text.find("\n" + begin);
    return found == std::string::npos ? "" : text.substr(found + 1, text.find('\n', found + 1) - found - 1);
}

TEST(Documentation, ListsEveryOperation) {
    const std::string page = text_of("docs/augmentation.md");
    const std::string table = page.substr(page.find("\n## Operations\n"));
    for (const std::string& name : operation_names()) {
        if (name != "keep_bits") { // of custom_operation_test.cpp
            EXPECT_FALSE(line_of(table, "| `" + name + "` |").empty()) << name;
        }
    }
}

TEST(Documentation, ListsEveryPreset) {
    const std::string page = text_of("docs/augmentation.md");
    for (const std::string& name : preset_names()) {
        EXPECT_FALSE(line_of(page, "| `" + name + "` |").empty()) << name;
    }
}

TEST(Documentation, ShowsTheCustomOperationThatIsTested) {
    const std::string test = text_of("tests/augment/recipe/custom_operation_test.cpp");
    const std::string opening = "// [docs: custom operation]\n";
    const std::size_t begin = test.find(opening) + opening.size();
    const std::string example = test.substr(begin, test.find("// [docs: end]") - begin);
    ASSERT_GT(example.size(), 500U);
    EXPECT_NE(text_of("docs/augmentation.md").find(example), std::string::npos);
}

} // namespace
} // namespace tacit::augment
