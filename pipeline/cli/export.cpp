// SPDX-License-Identifier: Apache-2.0
#include "models/weights/export.hpp"
#include "models/weights/safetensors.hpp"

#include "models/modules.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/option_groups.hpp"

#include <algorithm>
#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void export_options(OptionTable& table) {
    table.add_options()("run", po::value<std::string>()->value_name("FOLDER"), "the run to export; required")(
        "checkpoint", po::value<std::string>()->value_name("WHICH")->default_value("last"),
        "last, best (lowest training loss) or a step number")(
        "format", po::value<std::string>()->value_name("FORMAT")->default_value("auto"),
        "torchvision, timm: what that library loads strictly, with the line of Python that makes the model; auto: the "
        "one of them that has the network; tacit: any backbone")(
        "out", po::value<std::string>()->value_name("FILE"),
        "safetensors file; default: <name of the run>.safetensors");
    add_json_option(table);
}

/// The file appears under its name only when it is whole.
void write_weights(const std::string& path, const NamedTensors& tensors,
                   const std::map<std::string, std::string>& metadata) {
    const std::string temporary = temporary_path(path);
    try {
        models::write_safetensors(temporary, tensors, metadata);
        rename_durably(temporary, path);
    } catch (const Error&) {
        ::unlink(temporary.c_str());
        throw;
    }
}

ExitCode run_export(const Call& call) {
    const std::string format = call.text("format");
    const std::vector<std::string> formats = {"auto", "torchvision", "timm", "tacit"};
    if (std::find(formats.begin(), formats.end(), format) == formats.end()) {
        throw ConfigError("--format: " + unknown_word("format", format, formats));
    }
    train::LoadedRun loaded = train::load_run(
        call.required_text("run", "--run FOLDER names what `tacit pretrain` made"), call.text("checkpoint"), call.comm);
    const std::string out = call.given("out") ? call.text("out") : loaded.name + ".safetensors";
    std::map<std::string, std::string> metadata = {{"format", "pt"},
                                                   {"run", loaded.name},
                                                   {"pretext", loaded.pretext_name},
                                                   {"checkpoint", loaded.checkpoint},
                                                   {"mean", fmt::format("{}", fmt::join(loaded.mean, " "))},
                                                   {"std", fmt::format("{}", fmt::join(loaded.std, " "))}};
    NamedTensors tensors;
    if (format != "tacit") {
        models::PythonState state = models::python_state(*loaded.backbone);
        if (format != "auto" && format != state.library) {
            throw ConfigError(fmt::format("--format {}: it has no such network, but {} has; leave --format out", format,
                                          state.library));
        }
        tensors = std::move(state.tensors);
        metadata["construction"] = state.construction;
    } else {
        tensors = models::model_state(*loaded.backbone);
    }
    write_weights(out, tensors, metadata);
    log::info(fmt::format("{}: {} tensors of {} {}", out, tensors.size(), loaded.name, loaded.checkpoint));
    if (metadata.count("construction") > 0) {
        log::info("load it in Python: " + metadata["construction"]);
    }
    if (call.json()) {
        call.answer(
            json_text(nlohmann::ordered_json{{"file", out}, {"tensors", tensors.size()}, {"metadata", metadata}}, 2));
    }
    return ExitCode::done;
}

} // namespace

Command export_command() {
    return {"export",
            "RUN [options]",
            "write a run's encoder as safetensors for other programs",
            "",
            Ranks::one,
            {{"run", 1}},
            export_options,
            run_export};
}

} // namespace tacit::cli
