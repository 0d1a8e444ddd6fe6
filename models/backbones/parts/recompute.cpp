// SPDX-License-Identifier: Apache-2.0
#include "models/backbones/parts/recompute.hpp"

#include "dist/norm/batch_norm.hpp"

#include <ATen/autocast_mode.h>
#include <torch/autograd.h>
#include <torch/custom_class.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <stdexcept>

namespace tacit::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// What is run again, under the precision that it was run with.
struct Rerun : torch::CustomClassHolder {
    std::function<at::Tensor(const at::Tensor&)> run;
    at::DeviceType device = at::kCPU;
    bool autocast = false;
    at::ScalarType type = at::kFloat;
};

/// Autocast as it was; its cache of casted weights is left alone, since it is of another pass.
class AutocastAgain {
  public:
    explicit AutocastAgain(const Rerun& rerun)
        : device_(rerun.device), enabled_(at::autocast::is_autocast_enabled(device_)),
          type_(at::autocast::get_autocast_dtype(device_)), cached_(at::autocast::is_autocast_cache_enabled()) {
        set(rerun.autocast, rerun.type, false);
    }
    ~AutocastAgain() { set(enabled_, type_, cached_); }
    AutocastAgain(const AutocastAgain&) = delete;
    AutocastAgain& operator=(const AutocastAgain&) = delete;

  private:
    void set(bool enabled, at::ScalarType type, bool cached) const {
        at::autocast::set_autocast_enabled(device_, enabled);
        at::autocast::set_autocast_dtype(device_, type);
        at::autocast::set_autocast_cache_enabled(cached);
    }

    at::DeviceType device_;
    bool enabled_;
    at::ScalarType type_;
    bool cached_;
};

class Recompute : public torch::autograd::Function<Recompute> {
  public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input, at::TensorList parameters,
                              const c10::intrusive_ptr<Rerun>& rerun) {
        tensor_list saved = {input};
        saved.insert(saved.end(), parameters.begin(), parameters.end());
        context->save_for_backward(saved);
        context->saved_data["rerun"] = c10::IValue::make_capsule(rerun);
        return rerun->run(input);
    }

    static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
        if (at::GradMode::is_enabled()) {
            throw std::logic_error("recomputed blocks have no gradients of gradients; set model.checkpoint: false");
        }
        const auto capsule = context->saved_data["rerun"].toCapsule();
        const auto& rerun = static_cast<const Rerun&>(*capsule);
        tensor_list wanted = context->get_saved_variables();
        tensor_list results(wanted.size() + 1); // the last is for `rerun`
        wanted[0] = wanted[0].detach().requires_grad_();
        at::Tensor output;
        {
            const at::AutoGradMode gradient(true);
            const AutocastAgain precision(rerun);
            const dist::RunningStatisticsPause pause;
            output = rerun.run(wanted[0]);
        }
        std::vector<std::size_t> places;
        tensor_list trained;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (wanted[i].requires_grad()) {
                places.push_back(i);
                trained.push_back(wanted[i]);
            }
        }
        const auto found = torch::autograd::grad({output}, trained, {gradients[0]}, /*retain_graph=*/std::nullopt,
                                                 /*create_graph=*/false, /*allow_unused=*/true);
        for (std::size_t i = 0; i < places.size(); ++i) {
            results[places[i]] = found[i];
        }
        return results;
    }
};

} // namespace

at::Tensor recomputed(const std::function<at::Tensor(const at::Tensor&)>& run, const at::Tensor& input,
                      const std::vector<at::Tensor>& parameters) {
    if (!at::GradMode::is_enabled()) {
        return run(input);
    }
    auto rerun = c10::make_intrusive<Rerun>();
    rerun->run = run;
    rerun->device = input.device().type();
    rerun->autocast = at::autocast::is_autocast_enabled(rerun->device);
    rerun->type = at::autocast::get_autocast_dtype(rerun->device);
    return Recompute::apply(input, at::TensorList(parameters), rerun);
}

} // namespace tacit::models
