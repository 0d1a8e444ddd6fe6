// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/shell.hpp"

#include <gtest/gtest.h>

namespace tacit {
namespace {

TEST(ShellLine, QuotesWhatAShellWouldReadOtherwise) {
    EXPECT_EQ(shell_line({"tacit", "pretrain", "--set", "optim.lr=0.1"}), "tacit pretrain --set optim.lr=0.1");
    EXPECT_EQ(shell_line({"tacit", "--set", "eval.finetune.lrs=[1e-3, 1e-2]", "", "it's $HOME", "*.h5", "a;b"}),
              "tacit --set 'eval.finetune.lrs=[1e-3, 1e-2]' '' 'it'\\''s $HOME' '*.h5' 'a;b'");
}

} // namespace
} // namespace tacit
