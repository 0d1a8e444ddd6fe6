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

// Each backward is a collective that is itself differentiable, so that gradients of gradients span ranks too.

class AllGather : public torch::autograd::Function<AllGather> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& tensor, std::int64_t comm) {
        context->saved_data["comm"] = comm;
        return comm_of(comm).all_gather(tensor.contiguous());
    }
    static tensor_list backward(AutogradContext* context, tensor_list gradients);
};

class ReduceScatter : public torch::autograd::Function<ReduceScatter> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& tensor, std::int64_t comm) {
        context->saved_data["comm"] = comm;
        return comm_of(comm).reduce_scatter_sum(tensor.contiguous());
    }
    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        return {AllGather::apply(gradients.at(0), context->saved_data["comm"].toInt()), at::Tensor()};
    }
};

tensor_list AllGather::backward(AutogradContext* context, tensor_list gradients) {
    return {ReduceScatter::apply(gradients.at(0), context->saved_data["comm"].toInt()), at::Tensor()};
}

class AllReduceSum : public torch::autograd::Function<AllReduceSum> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& tensor, std::int64_t comm) {
        context->saved_data["comm"] = comm;
        at::Tensor sum = tensor.clone(at::MemoryFormat::Contiguous);
        comm_of(comm).all_reduce_sum(sum);
        return sum;
    }
    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        return {AllReduceSum::apply(gradients.at(0), context->saved_data["comm"].toInt()), at::Tensor()};
    }
};

void require_real(const at::Tensor& tensor, const char* function) {
    const auto type = tensor.scalar_type();
    if (type != at::kFloat && type != at::kDouble) {
        throw std::invalid_argument(fmt::format("{}: gradients of type {} cannot be summed over ranks; convert to "
                                                "float32 first",
                                                function, at::toString(type)));
    }
}

} // namespace

at::Tensor all_gather_with_gradient(const at::Tensor& tensor, Communicator& comm) {
    require_real(tensor, "all_gather_with_gradient");
    return AllGather::apply(tensor, handle_of(comm));
}

at::Tensor all_reduce_sum_with_gradient(const at::Tensor& tensor, Communicator& comm) {
    require_real(tensor, "all_reduce_sum_with_gradient");
    return AllReduceSum::apply(tensor, handle_of(comm));
}

} // namespace tacit::dist
