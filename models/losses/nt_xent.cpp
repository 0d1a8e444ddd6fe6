// SPDX-License-Identifier: Apache-2.0
#include "models/losses/nt_xent.hpp"

#include "dist/collectives.hpp"
#include "models/losses/precision.hpp"
#include "models/losses/spread.hpp"
#include "models/losses/unit_rows.hpp"

#include <torch/types.h>
#include <torch/utils.h>

#include <limits>

namespace tacit::models {

NtXentShare nt_xent(const at::Tensor& first, const at::Tensor& second, double temperature, dist::Communicator& comm) {
    const FullPrecisionScope scope;
    const auto count = first.size(0);
    const auto own = unit_rows(torch::cat({first, second}));
    const auto all = dist::all_gather_with_gradient(own.contiguous(), comm);
    const auto rows = torch::arange(2 * count, torch::TensorOptions(torch::kLong).device(own.device()));
    const auto place = rows + comm.rank() * 2 * count;
    const auto positive = (rows + count).remainder(2 * count) + comm.rank() * 2 * count;
    const auto logits = torch::mm(own, all.t())
                            .div_(temperature)
                            .scatter_(1, place.unsqueeze(1), -std::numeric_limits<double>::infinity());
    const auto terms = all.size(0);

    NtXentShare share;
    share.loss = torch::cross_entropy_loss(logits, positive, {}, at::Reduction::Sum) / static_cast<double>(terms);
    const torch::NoGradGuard no_grad;
    share.accuracy = logits.argmax(1).eq(positive).sum().to(torch::kDouble) / static_cast<double>(terms);
    share.spread = spread_of(all) / comm.size();
    return share;
}

} // namespace tacit::models
