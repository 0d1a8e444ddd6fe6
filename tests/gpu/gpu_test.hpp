// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/cuda.h>

#include <gtest/gtest.h>

namespace tacit {

/// Tests that need a GPU.
class GpuTest : public testing::Test {
  protected:
    void SetUp() override { require(); }

  public:
    /// For fixtures of other kinds: skips the test that is set up.
    static void require() {
        if (!torch::cuda::is_available()) {
            GTEST_SKIP() << "there is no GPU that this build can use";
        }
    }
};

} // namespace tacit
