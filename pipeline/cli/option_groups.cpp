// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/option_groups.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/config/yaml.hpp"
#include "pipeline/train/experiment.hpp"
#include "pipeline/train/machine/threads.hpp"

#include <ATen/Parallel.h>

#include <boost/program_options/value_semantic.hpp>

namespace tacit::cli {

namespace po = boost::program_options;

namespace {

/// Collective: rank 0 reads the file for all.
config::Document read_document(const Call& call) {
    const std::string path = call.text("config");
    std::string message; // "+" and the text, or "-" and why there is none
    if (call.comm.rank() == 0) {
        try {
            message = "+" + read_file(path, config::kMaxBytes);
        } catch (const Error& error) {
            message = std::string("-config: ") + error.what();
        }
    }
    call.comm.broadcast(message, 0);
    if (message.front() == '-') {
        throw ConfigError(message.substr(1));
    }
    return config::Document::from_text(message.substr(1), path);
}

} // namespace

void add_json_option(OptionTable& table) {
    table.add_options()("json", po::bool_switch(), "print the answer as JSON, and nothing else");
}

void add_config_options(OptionTable& table, const char* purpose) {
    table.add_options()("config", po::value<std::string>()->value_name("FILE"), purpose);
    table.add_options()("set", po::value<std::vector<std::string>>()->value_name("KEY=VALUE"),
                        "override a value of the config, e.g. optim.lr=0.1; repeatable, the last one wins");
}

config::Document read_config_or_none(const Call& call) {
    config::Document document =
        call.given("config") ? read_document(call) : config::Document::from_text("", "command line");
    for (const std::string& assignment : call.texts("set")) {
        document.set(assignment);
    }
    return document;
}

config::Document read_config(const Call& call) {
    call.required_text("config", "--config FILE says what to do");
    return read_config_or_none(call);
}

void add_run_options(OptionTable& table) {
    table.add_options()("run", po::value<std::string>()->value_name("FOLDER"), "the run to judge; required");
    table.add_options()("checkpoint", po::value<std::string>()->value_name("WHICH")->default_value("last"),
                        "last, best (lowest training loss) or a step number");
    table.add_options()("data", po::value<std::string>()->value_name("PATH"),
                        "data set to judge it on; default: the one it was trained on");
    table.add_options()("device", po::value<std::string>()->value_name("WHERE"),
                        "where encoders run: cpu, cuda, auto (on a GPU where there is one) or train (as train.device "
                        "says); default: the config's");
    table.add_options()("set", po::value<std::vector<std::string>>()->value_name("KEY=VALUE"),
                        "change a value of the config's eval section, e.g. eval.linear.iterations=100; repeatable");
}

JudgedRun load_judged_run(const Call& call, std::vector<ConfigChange> changes) {
    std::vector<ConfigChange> all;
    for (const std::string& assignment : call.texts("set")) {
        all.push_back({assignment, "--set " + one_line(assignment)});
        if (!assignment.starts_with("eval.") && !assignment.starts_with("eval=")) {
            throw ConfigError(all.back().origin + ": only the section eval can be changed when a run is judged; what "
                                                  "else its config says is how it was trained");
        }
    }
    if (call.given("device")) {
        all.push_back({"eval.device=" + call.text("device"), "--device " + one_line(call.text("device"))});
    }
    all.insert(all.end(), changes.begin(), changes.end());
    const auto change = [&](config::Document& document) {
        for (const ConfigChange& item : all) {
            document.set(item.assignment, item.origin);
        }
    };
    config::Document alone = config::Document::from_text("", "command line"); // a mistake in them is said at once
    change(alone);
    eval::read_eval(alone.root().section("eval"));
    alone.finish();
    const std::string folder = call.required_text("run", "--run FOLDER names what `tacit pretrain` made");
    at::set_num_threads(train::cores_of_rank(call.comm)); // else every rank takes all cores of the host
    auto self = dist::make_self_communicator();
    train::LoadedRun run = train::load_run(folder, call.text("checkpoint"), call.comm, *self, change);
    if (call.given("data")) {
        run.data.source.path = call.text("data");
    }
    call.comm.set_timeout(train::read_dist(run.document.root().section("dist")).timeout);
    eval::EvalConfig config = eval::read_eval(run.document.root().section("eval"));
    return {std::move(self), std::move(run), std::move(config)};
}

} // namespace tacit::cli
