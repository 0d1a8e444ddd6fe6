// SPDX-License-Identifier: Apache-2.0
#include "dist/collectives.hpp"

#include "dist/comm_handle.hpp"

#include <fmt/format.h>
#include <stdexcept>
#include <torch/autograd.h>
#include <torch/types.h>

namespace tacit::dist {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

class AllGather : public torch::autograd::Function<AllGather> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& tensor, std::int64_t comm) {
        context->saved_data["comm"] = comm;
        return comm_of(comm).all_gather(tensor.contiguous());
    }

    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        Communicator& comm = comm_of(context->saved_data["comm"].toInt());
        return {comm.reduce_scatter_sum(gradients.at(0).contiguous()), at::Tensor()};
    }
};

} // namespace

at::Tensor all_gather_with_gradient(const at::Tensor& tensor, Communicator& comm) {
    const auto type = tensor.scalar_type();
    if (type != at::kFloat && type != at::kDouble) {
        throw std::invalid_argument(fmt::format(
            "all_gather_with_gradient: type {} has no reduce-scatter; convert to float32 first", at::toString(type)));
    }
    return AllGather::apply(tensor, handle_of(comm));
}

} // namespace tacit::dist
