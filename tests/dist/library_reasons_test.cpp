// SPDX-License-Identifier: Apache-2.0
#include "dist/backends/mpi_check.hpp"
#include "dist/library_reasons.hpp"
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

const std::string kMemory = "the GPU is out of memory; raise train.accumulate or lower train.batch, in judging "
                            "lower eval.batch or eval.finetune.batch";

std::string reason_of_device(int code) {
    return reason_after([&] { throw c10::AcceleratorError({"f", "a/b.cpp", 3}, code, "CUDA error: some"); });
}

TEST(LibraryReasons, OfLibTorchAreTextsOfTacit) {
    EXPECT_EQ(reason_after([] { at::empty({std::int64_t{1} << 60}, at::kByte); }),
              "out of memory; use a smaller batch or fewer ranks and workers on this host");
    EXPECT_EQ(reason_after([] { throw std::runtime_error("of another library"); }), "");
}

TEST(LibraryReasons, OfDeviceMemoryAreOneText) {
    EXPECT_EQ(reason_after([] { throw c10::OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"); }),
              kMemory);
    EXPECT_EQ(reason_of_device(2), kMemory + " (CUDA code 2)");
    for (const char* code : {"CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"}) {
        EXPECT_EQ(reason_after([&] { TORCH_CHECK(false, "CUDA error: ", code, " when calling some function"); }),
                  kMemory);
    }
}

TEST(LibraryReasons, OfADeviceFollowItsCode) {
    EXPECT_EQ(reason_of_device(700), "the GPU failed, or was lost; look at nvidia-smi and the system's log, and start "
                                     "the same command again (CUDA code 700)");
    EXPECT_EQ(reason_of_device(46), "another process uses the GPU, which admits one alone; look at nvidia-smi, and "
                                    "start when it has ended (CUDA code 46)");
    EXPECT_EQ(reason_of_device(209), "LibTorch has no code for this GPU; use another GPU or LibTorch, or the CPU "
                                     "(train.device, --device) (CUDA code 209)");
}

TEST(LibraryReasons, OfNcclBlameAnotherRankOnlyWhereNcclDoes) {
    EXPECT_EQ(nccl_reason(2, "Call to posix_fallocate failed: No space left on device\nmore"),
              "the system refused NCCL something; look at free space in /dev/shm (a container's --shm-size), at limits "
              "of files and locked memory (ulimit -n, -l), and at the network between hosts (Call to posix_fallocate "
              "failed: No space left on device; NCCL code 2)");
    EXPECT_EQ(nccl_reason(6, ""),
              "another rank ended, or cannot be reached; see what the other ranks say, and the network between their "
              "hosts (NCCL_DEBUG=INFO tells more; NCCL code 6)");
    EXPECT_EQ(nccl_reason(1, "Cuda failure 2 'out of memory'"),
              kMemory + " (Cuda failure 2 'out of memory'; NCCL code 1)");
    EXPECT_EQ(nccl_reason(1, "Cuda failure 719 'launch failure'").find("the GPU failed, or was lost"), 0U);
    EXPECT_EQ(nccl_reason(5, "Invalid usage").find("NCCL refused it; please report it"), 0U);
}

TEST(LibraryReasons, OfARefusedOperationTellWhereAndWhat) {
    const std::string shapes = reason_after([] { at::mm(at::ones({2, 3}), at::ones({2, 3})); });
    EXPECT_TRUE(shapes.starts_with("LibTorch refused an operation (")) << shapes;
    EXPECT_NE(shapes.find(".cpp:"), std::string::npos) << shapes;
    EXPECT_TRUE(shapes.ends_with(": mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)); please report it with "
                                 "the command and this line"))
        << shapes;
    EXPECT_EQ(reason_after([] { throw c10::Error("texts\nof its own", nullptr); }),
              "LibTorch refused an operation (at an unknown place: texts); please report it with the command and this "
              "line");
    EXPECT_LT(reason_after([] { throw c10::Error(std::string(5000, 'a'), nullptr); }).size(), 400U);
}

TEST(LibraryReasons, OfAMatrixThatCannotBeFactoredSpeakOfItsNumbers) {
    const std::string reason = reason_after([] { at::linalg_cholesky(-at::eye(3)); });
    EXPECT_TRUE(reason.starts_with("numbers are not finite, or too large, to factor a matrix of them; judge an earlier "
                                   "checkpoint, or train with a lower optim.lr (linalg.cholesky: "))
        << reason;
}

TEST(LibraryReasons, OfMpiAreTextsOfTacit) {
    EXPECT_EQ(mpi_reason(MPI_ERR_NO_MEM).find("out of memory; use fewer ranks on this host ("), 0U);
    EXPECT_EQ(mpi_reason(MPI_ERR_TRUNCATE).find("ranks sent data of different sizes"), 0U);
}

TEST(LibraryReasons, OfMpiBlameAnotherRankOnlyWhereOneMayBeToBlame) {
    const std::string other = mpi_reason(MPI_ERR_OTHER);
    EXPECT_EQ(other.find("MPI failed, perhaps because another rank ended; see what the other ranks say ("), 0U)
        << other;
    for (const int code : {MPI_ERR_ARG, MPI_ERR_COMM, MPI_ERR_RANK}) {
        const std::string refused = mpi_reason(code);
        EXPECT_EQ(refused.find("MPI refused it; please report it with the command and this line ("), 0U) << refused;
        EXPECT_EQ(refused.find('\n'), std::string::npos) << refused;
    }
    EXPECT_NE(mpi_reason(MPI_ERR_ARG).find("rgument"), std::string::npos); // MPI's own words
    EXPECT_TRUE(mpi_reason(MPI_ERR_ARG).ends_with("; MPI code " + std::to_string(MPI_ERR_ARG) + ")"));
}

} // namespace
} // namespace tacit::dist
