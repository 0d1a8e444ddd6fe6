// SPDX-License-Identifier: Apache-2.0
#include "eval/solvers/knn.hpp"
#include "eval/protocols/list.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tacit::eval {

namespace {

class KnnProtocol : public FeatureProtocol {
  public:
    explicit KnnProtocol(const config::Section& section) {
        options_.k = static_cast<int>(section.integer({"k", "that vote", "neighbours"}, options_.k, {1, 10'000}));
        options_.temperature = section.number({"temperature", "of the votes' weights exp(similarity / temperature)"},
                                              options_.temperature, {1e-3, 100});
    }

    std::string measure(FeatureStore& /*store*/) const override {
        return fmt::format("k {}, temperature {:g}", options_.k, options_.temperature);
    }

    std::vector<std::string> notes(FeatureStore& store) const override {
        const std::vector<std::int32_t>& labels = store.train().labels();
        require_neighbours(options_,
                           std::count_if(labels.begin(), labels.end(), [](auto label) { return label >= 0; }));
        return Protocol::notes(store);
    }

  private:
    ResultRow judge_one(const std::string& subject, FeatureStore& store, dist::Communicator& comm) override {
        const Features& on_train = store.features(subject, store.run().data.train);
        const Features& on_test = store.features(subject, store.run().data.test);
        ResultRow row;
        row.scores = {score_of({knn_accuracy(on_train, on_test, options_, comm)})};
        row.details["k"] = static_cast<double>(options_.k);
        row.details["temperature"] = options_.temperature;
        return row;
    }

    KnnOptions options_;
};

} // namespace

ProtocolEntry knn_protocol() {
    return {"knn",
            "knn",
            "kNN",
            "k nearest neighbours on a run's features, beside raw pixels and a random encoder",
            "cosine similarity to all training features, votes weighted by exp(similarity / temperature) (Wu et al. "
            "2018). Nothing is chosen.",
            {accuracy_info()},
            {{"k", "N", "neighbours that vote", {"k"}}, {"temperature", "T", "of the votes' weights", {"temperature"}}},
            make_protocol<KnnProtocol>};
}

} // namespace tacit::eval
