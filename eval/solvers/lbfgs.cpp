// SPDX-License-Identifier: Apache-2.0
#include "eval/solvers/lbfgs.hpp"

#include <torch/types.h>

#include <cmath>
#include <deque>
#include <vector>

namespace tacit::eval {

namespace {

double product_of(const at::Tensor& a, const at::Tensor& b) {
    return a.dot(b).item<double>();
}

/// Steps and changes of the gradient, newest last.
struct Curvature {
    at::Tensor step;
    at::Tensor change;
    double product = 0; ///< step . change > 0
};

at::Tensor descent_direction(const at::Tensor& gradient, const std::deque<Curvature>& history,
                             const Preconditioner& precondition) {
    at::Tensor q = gradient.clone();
    std::vector<double> alpha(history.size());
    for (std::size_t i = history.size(); i-- > 0;) {
        alpha[i] = product_of(history[i].step, q) / history[i].product;
        q -= alpha[i] * history[i].change;
    }
    at::Tensor direction = precondition(q);
    if (!history.empty()) {
        const Curvature& latest = history.back();
        direction *= latest.product / product_of(latest.change, precondition(latest.change));
    }
    for (std::size_t i = 0; i < history.size(); ++i) {
        const double beta = product_of(history[i].change, direction) / history[i].product;
        direction += (alpha[i] - beta) * history[i].step;
    }
    return direction.neg_();
}

void remember(std::deque<Curvature>& history, std::size_t limit, at::Tensor step, at::Tensor change) {
    const double product = product_of(step, change);
    // Rounding can make the curvature of a nearly flat step vanish; such a pair would spoil the recursion.
    if (product <= 1e-12 * product_of(change, change)) {
        return;
    }
    history.push_back({std::move(step), std::move(change), product});
    if (history.size() > limit) {
        history.pop_front();
    }
}

} // namespace

double minimise(const Objective& objective, const Preconditioner& precondition, at::Tensor& x,
                const LbfgsOptions& options) {
    constexpr int kBacktracks = 20;
    constexpr double kSufficient = 1e-4;
    std::deque<Curvature> history;
    at::Tensor gradient = torch::zeros_like(x);
    double value = objective(x, gradient);
    for (int iteration = 0; iteration < options.iterations; ++iteration) {
        const at::Tensor direction = descent_direction(gradient, history, precondition);
        const double slope = product_of(gradient, direction);
        if (!(slope < 0)) {
            return value;
        }
        at::Tensor next_gradient = torch::zeros_like(x);
        at::Tensor next;
        double next_value = value;
        double scale = 1;
        bool found = false;
        for (int attempt = 0; attempt < kBacktracks && !found; ++attempt, scale *= 0.5) {
            next = x + scale * direction;
            next_value = objective(next, next_gradient);
            found = next_value <= value + kSufficient * scale * slope;
        }
        if (!found) {
            return value;
        }
        remember(history, static_cast<std::size_t>(options.history), next - x, next_gradient - gradient);
        const double gain = value - next_value;
        x.copy_(next);
        gradient = next_gradient;
        value = next_value;
        if (gain < options.tolerance * std::abs(value)) {
            return value;
        }
    }
    return value;
}

} // namespace tacit::eval
