// SPDX-License-Identifier: Apache-2.0
#include "eval/protocols/list.hpp"
#include "eval/solvers/linear_probe.hpp"
#include "eval/split_labels.hpp"
#include "pipeline/base/progress.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace tacit::eval {

namespace {

LinearOptions read_linear(const config::Section& section) {
    LinearOptions options;
    options.l2 =
        section.numbers({"l2", "strengths of the L2 penalty that are tried, on standardised features; at least one"},
                        options.l2, {1e-12, 1e6});
    if (options.l2.empty()) {
        section.fail("l2", "needs at least one strength");
    }
    options.holdout = section.number({"holdout", "share of the training split, of each class, on which the strength is "
                                                 "chosen where there is no validation split"},
                                     options.holdout, {0.01, 0.5});
    options.iterations = static_cast<int>(section.integer(
        {"iterations", "of L-BFGS, at most, for each fit", "iterations"}, options.iterations, {1, 1'000'000}));
    options.tolerance =
        section.number({"tolerance", "a fit ends when an iteration lowers the loss by less than this share of it"},
                       options.tolerance, {0, 0.1});
    options.seed =
        static_cast<std::uint64_t>(section.integer({"seed", "of the drawing of the held-out share"}, 1, {0}));
    return options;
}

class LinearProtocol : public FeatureProtocol {
  public:
    explicit LinearProtocol(const config::Section& section) : options_(read_linear(section)) {}

    std::string measure(FeatureStore& store) const override {
        const std::string val = store.val();
        return fmt::format("l2 of {} chosen on {}, at most {} iterations, tolerance {:g}, seed {}{}",
                           fmt::join(options_.l2, " "), chosen_on(store), options_.iterations, options_.tolerance,
                           options_.seed, val.empty() ? "" : " " + content_digest(store.split(val)));
    }

    std::vector<std::string> notes(FeatureStore& store) const override {
        std::vector<std::string> notes = label_notes(store.train(), store.test());
        store.val();
        notes.insert(notes.end(), store.val_notes().begin(), store.val_notes().end());
        return notes;
    }

    std::string outlook(FeatureStore& store) const override {
        return fmt::format("linear probe: up to 3 encoders, each {} + {} images once and {} fits of at most {} "
                           "iterations; the strength is chosen on {}",
                           store.train().info().size, store.test().info().size, fits(), options_.iterations,
                           chosen_on(store));
    }

  private:
    std::int64_t fits() const { return static_cast<std::int64_t>(options_.l2.size()) + 1; }

    std::string chosen_on(FeatureStore& store) const {
        return store.val().empty()
                   ? fmt::format("{:g} % of {} held out", 100 * options_.holdout, store.run().data.train)
                   : "split " + store.val();
    }

    ResultRow judge_one(const std::string& subject, FeatureStore& store, dist::Communicator& comm) override {
        const Features* on_val = store.val().empty() ? nullptr : &store.features(subject, store.val());
        const Features& on_train = store.features(subject, store.run().data.train);
        const Features& on_test = store.features(subject, store.run().data.test);
        ProgressOptions shown;
        shown.label = "probe, " + subject;
        shown.unit = "iterations";
        shown.total = fits() * options_.iterations;
        Progress progress(shown);
        const LinearProbeResult found =
            linear_probe(on_train, on_test, options_, comm, on_val, [&](std::int64_t fit, std::int64_t iteration) {
                progress.update(fit * options_.iterations + std::min<std::int64_t>(iteration, options_.iterations),
                                {{"fit", fmt::format("{}/{}", fit + 1, fits())}});
            });
        progress.update(shown.total);
        progress.finish();
        ResultRow row;
        row.scores = {score_of({found.test_accuracy})};
        row.details["l2"] = found.l2;
        row.details["l2 chosen on"] = chosen_on(store);
        if (std::isfinite(found.holdout_accuracy)) {
            row.details["held-out accuracy"] = found.holdout_accuracy;
        }
        row.details["test loss"] = found.test_loss;
        return row;
    }

    LinearOptions options_;
};

} // namespace

ProtocolEntry linear_protocol() {
    return {"linear",
            "probe",
            "Linear probe",
            "linear probe of a run, beside raw pixels and a random encoder",
            "multinomial logistic regression on frozen, standardised features of the whole training split. The L2 "
            "strength is chosen on the validation split, or on a held-out, stratified share of the training split; the "
            "test split is used once.",
            {accuracy_info()},
            {},
            make_protocol<LinearProtocol>};
}

} // namespace tacit::eval
