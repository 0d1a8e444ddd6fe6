// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/json_text.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/train/run/environment.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tacit::cli {
namespace {

ExitCode run_version(const Call& call) {
    const auto versions = train::build_versions();
    nlohmann::ordered_json json;
    std::string text;
    for (const auto& [part, version] : versions) {
        json[part] = version;
        text += fmt::format("{:<9} {}\n", part, version);
    }
    call.answer(call.json() ? json_text(json, 2) : text);
    return ExitCode::done;
}

} // namespace

Command version_command() {
    return {"version",
            "[options]",
            "say which Tacit this is, and the compiler and libraries it was built with",
            "",
            Ranks::many,
            {},
            add_json_option,
            run_version};
}

} // namespace tacit::cli
