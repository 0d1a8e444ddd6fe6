// SPDX-License-Identifier: Apache-2.0
#include "models/parts/ema_teacher.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <stdexcept>

namespace tacit::models {
namespace {

void require_pairs(const std::vector<at::Tensor>& teacher, const std::vector<at::Tensor>& student) {
    const bool alike = std::equal(teacher.begin(), teacher.end(), student.begin(), student.end(),
                                  [](const at::Tensor& a, const at::Tensor& b) { return a.sizes() == b.sizes(); });
    if (!alike) {
        throw std::logic_error("a teacher must have the student's architecture");
    }
}

} // namespace

void start_teacher(torch::nn::Module& teacher, const torch::nn::Module& student) {
    const torch::NoGradGuard no_gradient;
    require_pairs(teacher.parameters(), student.parameters());
    require_pairs(teacher.buffers(), student.buffers());
    const auto copy = [](const std::vector<at::Tensor>& to, const std::vector<at::Tensor>& from) {
        for (std::size_t i = 0; i < to.size(); ++i) {
            to[i].copy_(from[i]);
        }
    };
    copy(teacher.parameters(), student.parameters());
    copy(teacher.buffers(), student.buffers());
    for (const at::Tensor& parameter : teacher.parameters()) {
        parameter.set_requires_grad(false);
    }
}

void update_teacher(torch::nn::Module& teacher, const torch::nn::Module& student, double momentum) {
    const torch::NoGradGuard no_gradient;
    const std::vector<at::Tensor> followers = teacher.parameters();
    const std::vector<at::Tensor> leaders = student.parameters();
    require_pairs(followers, leaders);
    at::_foreach_mul_(followers, momentum);
    at::_foreach_add_(followers, leaders, 1 - momentum);
}

} // namespace tacit::models
