// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/json_text.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/machine.hpp"
#include "pipeline/cli/option_groups.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tacit::cli {
namespace {

std::string json_of(const Diagnosis& diagnosis) {
    nlohmann::ordered_json found = nlohmann::ordered_json::object();
    for (const auto& [subject, text] : diagnosis.findings) {
        found[subject] = text;
    }
    const nlohmann::ordered_json json = {
        {"found", found}, {"warnings", diagnosis.warnings}, {"problems", diagnosis.problems}};
    return json_text(json, 2);
}

std::string text_of(const Diagnosis& diagnosis) {
    std::string text;
    for (const auto& [subject, found] : diagnosis.findings) {
        text += fmt::format("{:<9} {}\n", subject, found);
    }
    for (const std::string& warning : diagnosis.warnings) {
        text += "warning   " + warning + "\n";
    }
    for (const std::string& problem : diagnosis.problems) {
        text += "PROBLEM   " + problem + "\n";
    }
    return text + (diagnosis.problems.empty() ? "Tacit can work here.\n" : "");
}

ExitCode run_doctor(const Call& call) {
    const Diagnosis diagnosis = diagnose(call.comm);
    call.answer(call.json() ? json_of(diagnosis) : text_of(diagnosis));
    return diagnosis.problems.empty() ? ExitCode::done : ExitCode::failure;
}

} // namespace

Command doctor_command() {
    return {"doctor",        "[options]", "say what was found on this machine, and what is wrong", "", Ranks::many, {},
            add_json_option, run_doctor};
}

} // namespace tacit::cli
