// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/progress.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/data/data_options.hpp"
#include "pipeline/cli/data/import_summary.hpp"
#include "pipeline/cli/option_groups.hpp"
#include "pipeline/shards/import/import.hpp"
#include "pipeline/train/machine/signals.hpp"
#include "pipeline/train/machine/threads.hpp"

#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void data_import_options(OptionTable& table) {
    table.add_options()("source", po::value<std::string>()->value_name("PATH"), "folder or file of images; required")(
        "out", po::value<std::string>()->value_name("FOLDER"), "folder of shards to make; required")(
        "kind", po::value<std::string>()->value_name("KIND")->default_value("auto"),
        "auto, or one of the kinds below")("size", po::value<std::int64_t>()->value_name("PIXELS")->default_value(0),
                                           "resize the shorter side, crop the centre, store raw pixels; 0: keep")(
        "layout", po::value<std::string>()->value_name("LAYOUT")->default_value("auto"),
        "raw, encoded, or auto: raw if images of one size are small or of a form that is not kept")(
        "test-fraction", po::value<double>()->value_name("SHARE")->default_value(0),
        "share of each class of a folder without splits that becomes the test split")(
        "splits", po::value<std::vector<std::string>>()->value_name("HOW")->multitoken(),
        "which folders or archives are splits: auto (by their names, or tables beside images), none, SPLIT=PATH of a "
        "folder, "
        "an archive or a list of images (.txt, .csv) for each, or TABLE:COLUMN")(
        "labels", po::value<std::string>()->value_name("WHERE"),
        "none, or TABLE:COLUMN: a .csv, .tsv or .txt file that names images and their classes (without a header, the "
        "column's number); TABLE:COLUMN:NAMES where two columns could name the images; of HDF5 as data.labels, of "
        "NumPy an array's name, of archives cls, json.label or json.cls; "
        "default: as found")(
        "key-ends", po::value<std::string>()->value_name("WHERE")->default_value("first-dot"),
        "where the key of a file in an archive ends: first-dot, as WebDataset has it, or last-dot")(
        "apply-exif", po::bool_switch(),
        "turn JPEGs upright as their EXIF orientation says; they become pixels or PNG")(
        "classes", po::value<std::vector<std::string>>()->value_name("NAME")->multitoken(),
        "class names in label order, for sources that have none")(
        "label", po::value<std::string>()->value_name("WHICH")->default_value("fine"),
        "labels of CIFAR-100: fine or coarse")(
        "axes", po::value<std::string>()->value_name("ORDER"),
        "of NumPy arrays, such as NCHW, or HW where each is one image; default: by where 1, 3 or 4 channels are")(
        "range", po::value<std::string>()->value_name("LO:HI"),
        "values that float images span, such as 0:1; default: as measured")(
        "first-page", po::bool_switch(), "take the first page of TIFFs that have several")(
        "threads", po::value<std::int64_t>()->value_name("N")->default_value(0), "0: as many as cores")(
        "skip-bad", po::bool_switch(), "leave unreadable images out, and list them, instead of failing")(
        "overwrite", po::bool_switch(), "replace shards that are already there");
    add_json_option(table);
}

shards::ImportOptions import_options(const Call& call) {
    shards::ImportOptions made;
    made.path = call.required_text("source", "tacit data import SOURCE --out FOLDER");
    made.out = call.required_text("out", "--out FOLDER says where the shards go");
    made.kind = call.text("kind");
    made.layout = call.text("layout");
    made.size = static_cast<int>(call.integer_in("size", 0, 4096));
    made.test_fraction = call.number("test-fraction");
    made.classes = call.texts("classes");
    const auto threads = static_cast<int>(call.integer_in("threads", 0, 1024));
    made.threads = threads > 0 ? threads : train::cores_of_rank(call.comm);
    made.skip_bad = call.flag("skip-bad");
    made.overwrite = call.flag("overwrite");
    made.first_page = call.flag("first-page");
    made.label = call.text("label");
    made.split_folders = call.texts("splits");
    made.labels = call.given("labels") ? call.text("labels") : "";
    made.key_ends = call.text("key-ends");
    made.apply_exif = call.flag("apply-exif");
    made.axes = call.given("axes") ? call.text("axes") : "";
    if (call.given("range")) {
        made.range = range_of(call.text("range"));
    }
    made.stop = train::stop_requested;
    made.notice = [](const std::string& line) { log::info(line); };
    return made;
}

std::string json_text_of(const shards::ImportSummary& summary, const std::string& out) {
    nlohmann::ordered_json json = summary_json(summary, out);
    json["bytes"] = summary.bytes;
    json["seconds"] = summary.seconds;
    return json_text(json, 2);
}

void tell(const shards::ImportSummary& summary, const std::string& out) {
    tell_splits(summary);
    log::info(
        fmt::format("classes  {}", summary.classes.empty()
                                       ? "none"
                                       : fmt::format("{}: {}", summary.classes.size(),
                                                     shards::first_few(summary.classes, summary.classes.size()))));
    log::info(fmt::format("mean     {:.4f}", fmt::join(summary.mean, " ")));
    log::info(fmt::format("std      {:.4f}", fmt::join(summary.std, " ")));
    if (!summary.value_range.empty()) {
        log::info(fmt::format("range    {:.6g}", fmt::join(summary.value_range, " to ")));
    }
    tell_left_out(summary);
    log::info(fmt::format("{} written, {:.1f} MB in {}", out, static_cast<double>(summary.bytes) / 1e6,
                          duration_text(summary.seconds)));
}

ExitCode run_data_import(const Call& call) {
    const shards::ImportOptions wanted = import_options(call);
    const train::StopSignals signals;
    const shards::ImportSummary summary = import_with_progress(wanted, "import");
    tell(summary, wanted.out);
    if (call.json()) {
        call.answer(json_text_of(summary, wanted.out));
    }
    return ExitCode::done;
}

std::string details() {
    std::string text = "kinds of source, told by looking unless --kind says one:\n";
    for (const shards::SourceKind& kind : shards::source_kinds()) {
        text += fmt::format("  {:<11} {}\n", kind.name, kind.description);
    }
    return text +
           "\nStopped by Ctrl-C or SIGTERM it ends with 75; the same command goes on, as it does after a crash.\n"
           "example: tacit data import photos/ --out shards/photos --size 64 --test-fraction 0.1";
}

} // namespace

Command data_import_command() {
    return {"data import",
            "SOURCE --out FOLDER [options]",
            "turn images of a usual form into HDF5 shards",
            details(),
            Ranks::one,
            {{"source", 1}},
            data_import_options,
            run_data_import};
}

} // namespace tacit::cli
