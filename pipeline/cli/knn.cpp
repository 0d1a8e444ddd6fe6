// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/judge.hpp"

#include <boost/program_options/value_semantic.hpp>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void knn_options(OptionTable& table) {
    add_run_options(table);
    table.add_options()("k", po::value<std::int64_t>()->value_name("N"), "neighbours that vote; default: the config's")(
        "temperature", po::value<double>()->value_name("T"), "of the votes' weights; default: the config's");
    add_json_option(table);
}

ExitCode run_knn(const Call& call) {
    return judge(call, &eval::Evaluation::knn, [&](eval::EvalConfig& config) {
        if (call.given("k"))
            config.knn.k = static_cast<int>(call.integer_in("k", 1, 10000));
        if (call.given("temperature"))
            config.knn.temperature = call.number_in("temperature", 1e-4, 1e4);
    });
}

} // namespace

Command knn_command() {
    return {"knn",
            "RUN [options]",
            "k nearest neighbours on a run's features, beside raw pixels and a random encoder",
            "Further settings: section eval.knn of the run's config. Writes eval/knn.json into the run folder.",
            Ranks::many,
            {{"run", 1}},
            knn_options,
            run_knn};
}

} // namespace tacit::cli
