// SPDX-License-Identifier: Apache-2.0
// Replaces the global operator new of this test program by one that counts.
#include "tests/augment/test_images.hpp"

#include "augment/recipe/operation.hpp"

#include <atomic>
#include <cstdlib>
#include <gtest/gtest.h>
#include <new>

namespace {

std::atomic<std::int64_t> allocations{0};

} // namespace

[[gnu::noinline]] void* operator new(std::size_t bytes) {
    ++allocations;
    void* memory = std::malloc(bytes > 0 ? bytes : 1); // NOLINT(cppcoreguidelines-no-malloc)
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory); // NOLINT(cppcoreguidelines-no-malloc)
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*bytes*/) noexcept {
    std::free(memory); // NOLINT(cppcoreguidelines-no-malloc)
}

namespace tacit::augment {
namespace {

/// Allocations that the second of two equal runs over 100 samples makes, each as levels and as floats.
std::int64_t steady_allocations(const Recipe& recipe) {
    const TestImage image = random_image(48, 40, recipe.channels());
    const FloatTestImage floats = floats_of(image);
    std::vector<std::vector<std::uint8_t>> memory;
    std::vector<std::vector<float>> values;
    std::vector<std::int32_t> classes(2 * static_cast<std::size_t>(recipe.views()));
    std::vector<ViewSlot> slots;
    for (int view = 0; view < recipe.views(); ++view) {
        const auto i = static_cast<std::size_t>(view);
        std::uint8_t* pixels = memory.emplace_back(recipe.output(view).bytes()).data();
        std::uint8_t* mask = memory.emplace_back(recipe.outputs(view).mask.bytes()).data();
        slots.push_back({pixels, mask, &classes[2 * i], &classes[2 * i + 1], nullptr,
                         values.emplace_back(recipe.output(view).values()).data()});
    }
    Workspace workspace;
    std::int64_t before = 0;
    for (int pass = 0; pass < 2; ++pass) {
        before = allocations;
        for (std::uint64_t sample = 0; sample < 100; ++sample) {
            recipe.apply(image.view(), {1, 0, sample}, slots, workspace);
            recipe.apply(floats.view(), {1, 0, sample}, slots, workspace);
        }
    }
    return allocations - before;
}

TEST(Allocations, AreCounted) {
    const std::int64_t before = allocations;
    void* const memory = ::operator new(100); // by name: clang leaves out a vector that nobody reads
    EXPECT_EQ(allocations - before, 1);
    ::operator delete(memory);
}

TEST(Allocations, NoPresetMakesAnyInTheSteadyState) {
    for (const std::string& name : preset_names()) {
        EXPECT_EQ(steady_allocations(Recipe(preset(name, 32, 3), 3)), 0) << name;
        EXPECT_EQ(steady_allocations(Recipe(preset(name, 96, 3), 3)), 0) << name;
    }
}

TEST(Allocations, NoOperationMakesAnyInTheSteadyState) {
    for (const std::string& name : operation_names()) {
        if (!make_operation({name, 1.0, {}}, "test", 32, 3)->takes_floats()) { // some of other tests do not
            continue;
        }
        const ViewOutputs outputs = Recipe(one_view(32, {{name, 1.0, {}}}), 3).outputs(0);
        const bool last = outputs.mask || outputs.permutation;
        std::vector<OpSpec> ops{{"resize", 1.0, {{"size", {last ? 32.0 : 40.0}}}}, {name, 1.0, {}}};
        if (!last) {
            ops.push_back({"resize", 1.0, {}});
        }
        EXPECT_EQ(steady_allocations(Recipe(one_view(32, ops), 3)), 0) << name;
    }
}

} // namespace
} // namespace tacit::augment
