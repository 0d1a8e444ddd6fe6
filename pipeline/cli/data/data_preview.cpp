// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/files.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/cli/commands.hpp"
#include "pipeline/cli/data/contact_sheet.hpp"
#include "pipeline/cli/data/view_source.hpp"
#include "pipeline/loader/order/sample_order.hpp"

#include <algorithm>
#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>

namespace tacit::cli {
namespace {

namespace po = boost::program_options;

void data_preview_options(OptionTable& table) {
    add_view_options(table);
    table.add_options()("count", po::value<std::int64_t>()->value_name("N")->default_value(8), "images, one a row")(
        "epochs", po::value<std::int64_t>()->value_name("N")->default_value(3),
        "draws of each view")("seed", po::value<std::int64_t>()->value_name("N"),
                              "of the draws and the choice of images; default: the config's train.seed, else 1")(
        "out", po::value<std::string>()->value_name("FILE")->default_value("views.png"), "PNG file to write");
}

std::vector<std::int64_t> chosen_samples(std::int64_t size, std::int64_t count, std::uint64_t seed) {
    const loader::SampleOrder order(seed, 0, size);
    std::vector<std::int64_t> samples;
    for (std::int64_t position = 0; position < std::min(count, size); ++position) {
        samples.push_back(order.at(position));
    }
    return samples;
}

ExitCode run_data_preview(const Call& call) {
    const std::int64_t count = call.integer_in("count", 1, 64);
    const std::int64_t epochs = call.integer_in("epochs", 1, 16);
    const ViewSource source = open_views(call);
    const std::uint64_t seed = call.given("seed")
                                   ? static_cast<std::uint64_t>(call.integer_in("seed", 0, std::int64_t{1} << 62))
                                   : source.seed;
    const bool skip = source.data.on_bad_sample == loader::OnBadSample::skip;
    const SheetOptions sheet = {chosen_samples(source.dataset.info().size, count, seed), seed, skip, epochs};
    write_file_atomically(call.text("out"), contact_sheet(source.dataset, source.recipe, sheet));
    log::info(fmt::format("{}: {} images of {}, each plain and in {} x {} views of recipe {}", call.text("out"),
                          sheet.samples.size(), source.data.source.path, epochs, source.recipe.views(),
                          source.recipe.spec().name));
    return ExitCode::done;
}

} // namespace

Command data_preview_command() {
    return {"data preview",
            "[PATH] [--config FILE] [options]",
            "draw what the trainer will see into a PNG file",
            "First column: the plain image. Then its views, as epoch 0, 1, ... draw them, and what was drawn. Hidden "
            "parts are tinted pink, blocks to predict yellow.",
            Ranks::one,
            {{"path", 1}},
            data_preview_options,
            run_data_preview};
}

} // namespace tacit::cli
