// SPDX-License-Identifier: Apache-2.0
#include "dist/backends/mpi_check.hpp"
#include "dist/torch_reason.hpp"

#include <ATen/ATen.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>

namespace tacit::dist {
namespace {

std::string reason_after(const std::function<void()>& work) {
    try {
        work();
    } catch (const std::exception& error) {
        return torch_reason(error);
    }
    return "(nothing was thrown)";
}

TEST(LibraryReasons, OfLibTorchAreTextsOfTacit) {
    EXPECT_EQ(reason_after([] { at::empty({std::int64_t{1} << 60}, at::kByte); }),
              "out of memory; use a smaller batch or fewer ranks and workers on this host");
    EXPECT_EQ(reason_after([] { throw c10::OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"); }),
              "the device is out of memory; raise train.accumulate, or lower train.batch");
    EXPECT_EQ(reason_after([] {
                  throw c10::AcceleratorError({"f", "a/b.cpp", 3}, 700, "CUDA error: an illegal memory access");
              }),
              "the device failed (code 700), or was lost; look at nvidia-smi and the system's log, and start the same "
              "command again");
    EXPECT_EQ(reason_after([] { throw std::runtime_error("of another library"); }), "");
}

TEST(LibraryReasons, OfARefusedOperationNameItsPlaceAlone) {
    const std::string shapes = reason_after([] { at::mm(at::ones({2, 3}), at::ones({2, 3})); });
    EXPECT_TRUE(shapes.starts_with("LibTorch refused an operation (")) << shapes;
    EXPECT_NE(shapes.find(".cpp:"), std::string::npos) << shapes;
    EXPECT_TRUE(shapes.ends_with("); please report it with the command and this line")) << shapes;
    EXPECT_EQ(shapes.find("cannot be multiplied"), std::string::npos) << shapes;
    EXPECT_EQ(shapes.find('\n'), std::string::npos) << shapes;
    EXPECT_EQ(reason_after([] { throw c10::Error("texts of its own", nullptr); }),
              "LibTorch refused an operation (an unknown place); please report it with the command and this line");
}

TEST(LibraryReasons, OfMpiAreTextsOfTacit) {
    EXPECT_EQ(mpi_reason(MPI_ERR_NO_MEM),
              "out of memory; use fewer ranks on this host (MPI code " + std::to_string(MPI_ERR_NO_MEM) + ")");
    EXPECT_NE(mpi_reason(MPI_ERR_TRUNCATE).find("ranks sent data of different sizes"), std::string::npos);
    EXPECT_NE(mpi_reason(MPI_ERR_OTHER).find("another rank ended, or cannot be reached"), std::string::npos);
}

} // namespace
} // namespace tacit::dist
