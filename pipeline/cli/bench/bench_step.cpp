// SPDX-License-Identifier: Apache-2.0
#include "eval/eval_config.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/train/step/step_bench.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void bench_step_options(OptionTable& table) {
    add_config_options(table);
    table.add_options()("warmup", po::value<std::int64_t>()->value_name("N")->default_value(5), "steps not measured")(
        "steps", po::value<std::int64_t>()->value_name("N")->default_value(30), "steps measured")(
        "keep", po::bool_switch(),
        "keep a copy of the state after every other step, as training does where steps are slow, and time that too; "
        "takes 2 steps or more")(
        "same-batch", po::bool_switch(),
        "train on one batch in every step: what a step costs without loading; all its micro-batches stay in memory");
    add_json_option(table);
}

std::string text_of(const train::StepBench& bench) {
    return fmt::format("step       {:.1f} ms median, {:.1f} ms at 95 % of {} steps\n"
                       "images/s   {:.0f} (global batch {})\n"
                       "optimiser  {:.2f} ms median, {:.1f} % of a step\n"
                       "data wait  {:.1f} % of the time\n"
                       "ranks      {}, each {} threads and {} loader workers\n",
                       bench.step_ms_p50, bench.step_ms_p95, bench.steps, bench.images_per_second, bench.batch,
                       bench.optimizer_ms_p50, 100 * bench.optimizer_ms_p50 / bench.step_ms_p50, 100 * bench.data_wait,
                       bench.ranks, bench.threads, bench.workers) +
           (bench.view_us > 0
                ? fmt::format(
                      "loader     {:.2f} cores busy a rank; {:.1f} us of one core a view: {:.2f} cores would make "
                      "5,000 views/s, {:.2f} cores 20,000\n",
                      bench.loader_cpu, bench.view_us, 5e-3 * bench.view_us, 20e-3 * bench.view_us)
                : "") +
           (bench.keep_ms_p50 > 0
                ? fmt::format("copy       {:.2f} ms median, {:.2f} % of a step; the step after it {:.1f} ms median\n",
                              bench.keep_ms_p50, 100 * bench.keep_ms_p50 / bench.step_ms_p50,
                              bench.step_ms_p50_after_keep)
                : "") +
           (bench.peak_gpu_bytes > 0
                ? fmt::format("GPU memory {:.2f} GB at most\n", 1e-9 * static_cast<double>(bench.peak_gpu_bytes))
                : "");
}

ExitCode run_bench_step(const Call& call) {
    config::Document document = read_config(call);
    const train::StepBench bench =
        train::bench_step(document,
                          {call.integer_in("warmup", 0, 1000000), call.integer_in("steps", 1, 1000000),
                           call.flag("keep"), call.flag("same-batch")},
                          call.comm, [](const config::Section& section) { eval::read_eval(section); });
    call.answer(call.json() ? bench.json() : text_of(bench));
    return ExitCode::done;
}

} // namespace

Command bench_step_command() {
    return {"bench step",
            "CONFIG [options]",
            "time whole training steps of a config, in memory",
            "",
            Ranks::many,
            {{"config", 1}},
            bench_step_options,
            run_bench_step};
}

} // namespace tacit::cli
