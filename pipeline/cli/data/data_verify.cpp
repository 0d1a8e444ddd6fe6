// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/counted.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/progress.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/data/data_options.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/shards/verify.hpp"
#include "pipeline/train/machine/threads.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void data_verify_options(OptionTable& table) {
    table.add_options()("path", po::value<std::string>()->value_name("PATH"),
                        "folder of shards or HDF5 file; required")(
        "split", po::value<std::vector<std::string>>()->value_name("NAME")->multitoken(),
        "splits to verify; default: all")("threads", po::value<std::int64_t>()->value_name("N")->default_value(0),
                                          "0: as many as cores");
    add_data_options(table);
    add_json_option(table);
}

std::string json_of(const shards::Verification& result, const std::string& path) {
    nlohmann::ordered_json splits = nlohmann::ordered_json::array();
    for (const shards::VerifiedSplit& split : result.splits) {
        splits.push_back({{"name", split.name},
                          {"files", split.files},
                          {"images", split.images},
                          {"unreadable_files", split.unreadable},
                          {"damages", split.damages},
                          {"damaged_images", split.damaged_images},
                          {"verified_by", split.by}});
    }
    nlohmann::ordered_json damages = nlohmann::ordered_json::array();
    for (const shards::Damage& damage : result.damages) {
        damages.push_back(
            {{"split", damage.split}, {"first", damage.first}, {"images", damage.count}, {"what", damage.what}});
    }
    const nlohmann::ordered_json json = {{"path", path},
                                         {"good", result.good()},
                                         {"images", result.images},
                                         {"unreadable_files", result.unreadable},
                                         {"damages", result.damage_count},
                                         {"damaged_images", result.damaged_images},
                                         {"splits", splits},
                                         {"damage", damages},
                                         {"seconds", result.seconds}};
    return json_text(json, 2);
}

std::string lost_text(const shards::VerifiedSplit& split) {
    return fmt::format("{}, {}{} lost", counted(split.damages, "damage"), counted(split.damaged_images, "image"),
                       split.unreadable == 0 ? "" : " and all of " + counted(split.unreadable, "file"));
}

std::string text_of(const shards::Verification& result) {
    std::string text;
    for (const shards::Damage& damage : result.damages) {
        text += fmt::format("damaged    {}\n", damage.what);
    }
    if (const auto listed = static_cast<std::int64_t>(result.damages.size()); result.damage_count > listed) {
        text += fmt::format("           and {} more\n", result.damage_count - listed);
    }
    for (const shards::VerifiedSplit& split : result.splits) {
        text += fmt::format("{:<10} {} in {}, checked by {}: {}\n", split.name, counted(split.images, "image"),
                            counted(split.files, "file"), split.by.empty() ? "nothing" : split.by,
                            split.damages == 0 ? "good" : lost_text(split));
    }
    return text + fmt::format("verified {} in {}\n", counted(result.images, "image"), duration_text(result.seconds));
}

ExitCode run_data_verify(const Call& call) {
    const shards::DataSpec spec = data_spec(call, "tacit data verify PATH reads all of a data set");
    const auto threads = static_cast<int>(call.integer_in("threads", 0, 1024));
    ProgressOptions shown;
    shown.label = "verify";
    Progress progress(shown);
    const shards::Verification result =
        shards::verify(spec, call.texts("split"), threads > 0 ? threads : train::cores_of_rank(call.comm),
                       [&](std::int64_t done, std::int64_t total) {
                           progress.set_total(total);
                           progress.update(done);
                       });
    progress.finish();
    call.answer(call.json() ? json_of(result, spec.path) : text_of(result));
    if (!result.good()) {
        throw DataError(
            fmt::format("{}, {}{} lost; the first: {}", counted(result.damage_count, "damage"),
                        counted(result.damaged_images, "image"),
                        result.unreadable == 0 ? "" : " and all images of " + counted(result.unreadable, "file"),
                        result.damages.front().what));
    }
    return ExitCode::done;
}

} // namespace

Command data_verify_command() {
    return {
        "data verify",
        "PATH [options]",
        "read every image of every split and compare all checksums; list what is damaged",
        "Damage is listed with file, data set, images and chunk, the first hundred places; the exit code is then 1.",
        Ranks::one,
        {{"path", 1}},
        data_verify_options,
        run_data_verify};
}

} // namespace tacit::cli
