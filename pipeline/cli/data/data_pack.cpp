// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/progress.hpp"
#include "pipeline/base/words.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/data/data_options.hpp"
#include "pipeline/cli/data/import_summary.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/shards/dataset.hpp"
#include "pipeline/shards/import/import.hpp"
#include "pipeline/shards/stage/reading_speed.hpp"
#include "pipeline/train/machine/signals.hpp"
#include "pipeline/train/machine/threads.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

constexpr double kMega = 1e6;
constexpr int kRounds = 2; ///< of measuring, in turn; the best one counts
constexpr double kSecondsARound = 0.5;

void data_pack_options(OptionTable& table) {
    table.add_options()("path", po::value<std::string>()->value_name("PATH"), "HDF5 file or folder of files; required")(
        "out", po::value<std::string>()->value_name("FOLDER"), "folder of shards to make; required")(
        "split", po::value<std::vector<std::string>>()->value_name("NAME")->multitoken(),
        "splits to pack, the training split first; default: all")(
        "shuffle-seed", po::value<std::uint64_t>()->value_name("SEED"),
        "write images in a random order made of SEED; default: in the order in which they are stored")(
        "encode", po::value<std::string>()->value_name("HOW")->default_value("keep"),
        "keep: JPEG and PNG stay as they are, byte for byte, pixels stay pixels; raw: all become pixels")(
        "threads", po::value<std::int64_t>()->value_name("N")->default_value(0), "0: as many as cores")(
        "skip-bad", po::bool_switch(), "leave unreadable images out, and list them, instead of failing")(
        "overwrite", po::bool_switch(), "replace shards that are already there")(
        "measure", po::bool_switch(), "measure how fast both are read, for about four seconds");
    add_data_options(table);
    add_json_option(table);
}

shards::ImportOptions pack_options(const Call& call) {
    shards::ImportOptions made;
    static_cast<shards::DataSpec&>(made) = data_spec(call, "tacit data pack PATH --out FOLDER");
    made.kind = "hdf5";
    made.out = call.required_text("out", "--out FOLDER says where the shards go");
    made.splits = call.texts("split");
    if (call.given("shuffle-seed")) {
        made.shuffle_seed = call.values["shuffle-seed"].as<std::uint64_t>();
    }
    const std::string encode = call.text("encode");
    if (encode != "keep" && encode != "raw") {
        throw ConfigError(unknown_word("--encode", encode, {"keep", "raw"}));
    }
    made.layout = encode == "keep" ? "auto" : "raw";
    const auto threads = static_cast<int>(call.integer_in("threads", 0, 1024));
    made.threads = threads > 0 ? threads : train::cores_of_rank(call.comm);
    made.skip_bad = call.flag("skip-bad");
    made.overwrite = call.flag("overwrite");
    made.stop = train::stop_requested;
    made.notice = [](const std::string& line) { log::info(line); };
    return made;
}

struct Comparison {
    shards::ReadingSpeed before;
    shards::ReadingSpeed after;
};

/// Both read alike, from the page cache where they fit: the first split, in turn.
Comparison compare(shards::ImportOptions packed, const shards::ImportSummary& summary) {
    const std::string& split = summary.splits.front().name;
    if (shards::Dataset::open(packed, split).info().value_range.empty()) {
        packed.range = summary.value_range;
    }
    const auto before = shards::Dataset::open(packed, split);
    const auto after = shards::Dataset::open(packed.out, split);
    Comparison best;
    for (int round = 0; round < kRounds; ++round) {
        const shards::ReadingSpeed slow = shards::measure_reading(before, packed.threads, kSecondsARound);
        const shards::ReadingSpeed fast = shards::measure_reading(after, packed.threads, kSecondsARound);
        best.before = {std::max(best.before.alone, slow.alone), std::max(best.before.blocks, slow.blocks)};
        best.after = {std::max(best.after.alone, fast.alone), std::max(best.after.blocks, fast.blocks)};
    }
    return best;
}

std::string json_text_of(const shards::ImportSummary& summary, const std::string& out,
                         const std::optional<Comparison>& speed) {
    nlohmann::ordered_json json = summary_json(summary, out);
    json["bytes_before"] = summary.source_bytes;
    json["bytes_after"] = summary.bytes;
    json["seconds"] = summary.seconds;
    if (speed) {
        json["images_per_second_before"] = {{"full", speed->before.alone}, {"window", speed->before.blocks}};
        json["images_per_second_after"] = {{"full", speed->after.alone}, {"window", speed->after.blocks}};
    }
    return json_text(json, 2);
}

void tell_speed(const char* shuffle, double before, double after) {
    log::info(fmt::format("{:<8} {} images/s before, {} after: {:.1f} x", shuffle, compact_number(before),
                          compact_number(after), before > 0 ? after / before : 0.0));
}

void tell(const shards::ImportSummary& summary, const std::string& out, const std::optional<Comparison>& speed) {
    tell_splits(summary);
    tell_left_out(summary);
    if (speed) {
        tell_speed("full", speed->before.alone, speed->after.alone);
        tell_speed("window", speed->before.blocks, speed->after.blocks);
    }
    log::info(fmt::format("{} written in {}: {:.1f} MB of images out of files of {:.1f} MB", out,
                          duration_text(summary.seconds), static_cast<double>(summary.bytes) / kMega,
                          static_cast<double>(summary.source_bytes) / kMega));
}

ExitCode run_data_pack(const Call& call) {
    const shards::ImportOptions wanted = pack_options(call);
    const train::StopSignals signals;
    const shards::ImportSummary summary = import_with_progress(wanted, "pack");
    std::optional<Comparison> speed;
    if (call.flag("measure")) {
        log::info(fmt::format("measuring how fast {} and {} are read, for {} s (--measure)", wanted.path, wanted.out,
                              4 * kRounds * kSecondsARound));
        speed = compare(wanted, summary);
    }
    tell(summary, wanted.out, speed);
    if (call.json()) {
        call.answer(json_text_of(summary, wanted.out, speed));
    }
    return ExitCode::done;
}

} // namespace

Command data_pack_command() {
    return {"data pack",
            "PATH --out FOLDER [options]",
            "rewrite HDF5 that is slow to read at random into shards that are fast",
            "Images, labels and their order stay what they are, and so does every byte that training sees under\n"
            "shuffle: full. The shards are plain HDF5. Stopped by Ctrl-C or SIGTERM it ends with 75; the same command\n"
            "goes on, as it does after a crash.",
            Ranks::one,
            {{"path", 1}},
            data_pack_options,
            run_data_pack};
}

} // namespace tacit::cli
