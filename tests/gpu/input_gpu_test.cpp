// SPDX-License-Identifier: Apache-2.0
// How batches come to a GPU.
#include "models/step/draws.hpp"
#include "pipeline/train/copy_queue.hpp"
#include "pipeline/train/pinned_memory.hpp"
#include "pipeline/train/step/pretext_input.hpp"
#include "tests/gpu/gpu_test.hpp"

#include <ATen/cuda/Sleep.h>
#include <torch/types.h>

#include <algorithm>

namespace tacit::train {
namespace {

constexpr std::int64_t kBusy = 20'000'000; ///< cycles: 10 ms at 2 GHz

class InputGpuTest : public GpuTest {};

TEST_F(InputGpuTest, PinnedMemoryIsPinned) {
    PinnedMemory memory;
    std::pmr::vector<std::uint8_t> bytes(1000, &memory);
    EXPECT_TRUE(torch::from_blob(bytes.data(), {1000}, torch::kUInt8).is_pinned());
    bytes.assign(100000, 7);
    EXPECT_EQ(torch::from_blob(bytes.data(), {100000}, torch::kUInt8).to(at::kCUDA).sum().item<std::int64_t>(), 700000);
}

TEST_F(InputGpuTest, IsThatOfTheCpu) {
    PinnedMemory memory;
    loader::Batch batch;
    batch.count = 4;
    batch.ids = {4, 8, 1, 0};
    batch.labels = {1, 2, 3, -1};
    loader::BatchView& view = batch.views.emplace_back(&memory);
    view.shape = {6, 10, 3};
    view.mask_shape = {1, 6, 10};
    for (int i = 0; i < 4 * 6 * 10 * 3; ++i) {
        view.pixels.push_back(static_cast<std::uint8_t>(i * 37));
    }
    for (int i = 0; i < 4 * 6 * 10; ++i) {
        view.masks.push_back(static_cast<std::uint8_t>(i % 3 == 0));
    }
    view.rotation = {0, 1, 2, 3};
    view.permutation = {9, 8, 7, 6};
    for (const bool channels_last : {false, true}) {
        const InputFormat host{{0.2, 0.5, 0.7}, {0.1, 0.3, 0.25}, at::kCPU, channels_last};
        const InputFormat device{host.mean, host.std, {at::kCUDA, 0}, channels_last};
        const models::PretextInput expected = pretext_input(batch, host, 4);
        const models::PretextInput actual = pretext_input(batch, device, 4);
        EXPECT_EQ(actual.views[0].strides(), expected.views[0].strides());
        EXPECT_LE((actual.views[0].cpu() - expected.views[0]).abs().max().item<double>(), 2e-6);
        EXPECT_TRUE(at::equal(actual.masks[0].cpu(), expected.masks[0]));
        EXPECT_TRUE(at::equal(actual.rotations[0].cpu(), expected.rotations[0]));
        EXPECT_TRUE(at::equal(actual.permutations[0].cpu(), expected.permutations[0]));
        EXPECT_TRUE(at::equal(actual.ids, expected.ids));
    }
}

TEST_F(InputGpuTest, ACopyIsWholeThoughItsMemoryIsFilledAnewRightAfterTheWait) {
    constexpr std::int64_t kBytes = 32 << 20;
    PinnedMemory memory;
    std::pmr::vector<std::uint8_t> bytes(static_cast<std::size_t>(kBytes), &memory);
    const auto queue = make_copy_queue({at::kCUDA, 0});
    std::vector<at::Tensor> sums;
    at::Tensor work = torch::ones({2048, 2048}, at::kCUDA);
    for (std::uint8_t round = 1; round <= 8; ++round) {
        queue->wait();
        std::fill(bytes.begin(), bytes.end(), round);
        at::Tensor copied;
        queue->run([&] {
            at::cuda::sleep(kBusy); // the copy begins only after this
            copied = torch::from_blob(bytes.data(), {kBytes}, torch::kUInt8).to(at::kCUDA, true);
        });
        work = torch::mm(work, work) / 2048; // the step before, still busy
        queue->hand_over({copied});
        sums.push_back(copied.sum());
    }
    for (std::size_t round = 1; round <= sums.size(); ++round) {
        EXPECT_EQ(sums[round - 1].item<std::int64_t>(), static_cast<std::int64_t>(round) * kBytes) << round;
    }
}

TEST_F(InputGpuTest, DrawsAreThoseOfTheCpu) {
    models::StepContext at;
    at.seed = 9;
    at.step = 4;
    const at::Tensor ids = torch::tensor({5, 6, 7}, torch::kInt64);
    EXPECT_TRUE(at::equal(models::normal_draws(at, "noise", ids, {3, 5}, {at::kCUDA, 0}).cpu(),
                          models::normal_draws(at, "noise", ids, {3, 5})));
}

} // namespace
} // namespace tacit::train
