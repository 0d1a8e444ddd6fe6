// SPDX-License-Identifier: Apache-2.0
#include "dist/torch_reason.hpp"

#include "dist/library_reasons.hpp"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <string_view>

namespace tacit::dist {
namespace {

/// "addmm_impl_cpu_, LinearAlgebra.cpp:207" of "… Exception raised from F at FOLDER/FILE:LINE (most …", or of
/// "[enforce fail at FILE:LINE] …".
std::string place_in(const std::string& text) {
    constexpr std::string_view kRaised = "Exception raised from ";
    constexpr std::string_view kEnforced = "[enforce fail at ";
    if (text.starts_with(kEnforced)) {
        return text.substr(kEnforced.size(), text.find(']') - kEnforced.size());
    }
    const std::size_t begin = text.find(kRaised);
    const std::size_t at = text.find(" at ", begin);
    const std::size_t end = text.find(" (", at);
    if (begin == std::string::npos || at == std::string::npos || end == std::string::npos) {
        return "at an unknown place";
    }
    const std::string file = text.substr(at + 4, end - at - 4);
    return fmt::format("{}, {}", text.substr(begin + kRaised.size(), at - begin - kRaised.size()),
                       file.substr(file.rfind('/') + 1)); // npos + 1: all of it
}

} // namespace

std::string torch_reason(const std::exception& error) {
    const auto* torch = dynamic_cast<const c10::Error*>(&error);
    if (torch == nullptr) {
        return {};
    }
    if (const auto* device = dynamic_cast<const c10::AcceleratorError*>(torch)) {
        return cuda_reason(device->get_error_code());
    }
    const std::string text = torch->what();
    const auto says = [&](const char* part) { return text.find(part) != std::string::npos; };
    // cuBLAS, cuSOLVER and cuDNN: CUBLAS_STATUS_ALLOC_FAILED, CUDNN_STATUS_…_DEVICE_ALLOCATION_FAILED.
    if (dynamic_cast<const c10::OutOfMemoryError*>(torch) != nullptr || says("ALLOC_FAILED") ||
        says("ALLOCATION_FAILED")) {
        return std::string(kDeviceMemory);
    }
    if (says("can't allocate memory")) {
        return "out of memory; use a smaller batch or fewer ranks and workers on this host";
    }
    const std::string own = first_line(torch->what_without_backtrace());
    if (dynamic_cast<const c10::LinAlgError*>(torch) != nullptr) {
        return fmt::format("numbers are not finite, or too large, to factor a matrix of them; judge an earlier "
                           "checkpoint, or train with a lower optim.lr ({})",
                           own);
    }
    return fmt::format("LibTorch refused an operation ({}: {}); please report it with the command and this line",
                       place_in(text), own);
}

} // namespace tacit::dist
