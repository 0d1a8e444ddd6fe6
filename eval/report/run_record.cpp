// SPDX-License-Identifier: Apache-2.0
#include "eval/report/run_record.hpp"

#include "eval/protocols/protocol.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/shell.hpp"
#include "pipeline/train/run/run_paths.hpp"
#include "pipeline/train/state/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

namespace tacit::eval::report {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::optional<std::string> content_of(const fs::path& file) {
    std::error_code failed;
    if (!fs::is_regular_file(file, failed)) {
        return std::nullopt;
    }
    return read_file(file.string());
}

/// Reads with `reader`; what is wrong with the JSON becomes one line that names the file.
template <class Reader> auto from_json(const std::string& text, const fs::path& file, Reader reader) {
    try {
        return reader(Json::parse(text));
    } catch (const Json::exception& error) {
        throw DataError(fmt::format("{} is damaged ({}); delete it and run the command that writes it again",
                                    file.string(), json_fault(error)));
    }
}

std::string plain_text(const Json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_array()) {
        std::vector<std::string> words;
        for (const Json& part : value) {
            words.push_back(plain_text(part));
        }
        return shell_line(words);
    }
    return value.dump();
}

void read_environment(const fs::path& file, RunRecord& run) {
    if (const auto text = content_of(file)) {
        run.environment = from_json(*text, file, [&](const Json& json) {
            run.launch = json.value("launch", "");
            run.directory = json.value("directory", "");
            if (run.launch.empty() && json.contains("command")) {
                run.launch = shell_line(json["command"].get<std::vector<std::string>>());
                const int ranks = json.value("ranks", 1);
                run.launch += ranks > 1 ? fmt::format(" # on {} ranks; their launcher was not recorded", ranks) : "";
            }
            std::vector<std::pair<std::string, std::string>> entries;
            for (const auto& [key, value] : json.items()) {
                entries.emplace_back(key, plain_text(value));
            }
            return entries;
        });
    }
}

void read_metrics(const fs::path& file, RunRecord& run) {
    const auto text = content_of(file);
    if (!text) {
        return;
    }
    std::istringstream lines(*text);
    std::string line;
    while (std::getline(lines, line)) {
        // A run that is still going may be half-way through its last line.
        const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
        if (!json.is_object() || !json.contains("step") || !json["step"].is_number()) {
            continue;
        }
        const double step = json["step"].get<double>();
        for (const auto& [key, value] : json.items()) {
            if (value.is_number()) {
                run.metrics[key].emplace_back(step, value.get<double>());
            }
        }
    }
}

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
        value = value << 8 | static_cast<unsigned char>(bytes[i]);
    }
    return value;
}

Picture read_png(const fs::path& file) {
    Picture picture;
    picture.file = file.filename().string();
    picture.png = read_file(file.string());
    if (picture.png.size() < 24 || picture.png.compare(1, 3, "PNG") != 0) {
        throw DataError(fmt::format("{} is not a PNG file; delete it and write the pictures again", file.string()));
    }
    picture.width = static_cast<int>(big_endian(picture.png, 16));
    picture.height = static_cast<int>(big_endian(picture.png, 20));
    return picture;
}

void read_pictures(const train::RunPaths& paths, RunRecord& run) {
    const fs::path index = paths.picture_index();
    if (const auto text = content_of(index)) {
        run.pictures = from_json(*text, index, [&](const Json& json) {
            std::vector<Picture> pictures;
            for (const Json& entry : json) {
                // Only names inside the folder: an index must not pull other files into a page that is passed on.
                Picture picture = read_png(paths.pictures() / fs::path(entry.at("file").get<std::string>()).filename());
                picture.title = entry.at("title").get<std::string>();
                picture.columns = entry.at("columns").get<std::vector<std::string>>();
                picture.captions = entry.at("captions").get<std::vector<std::string>>();
                pictures.push_back(std::move(picture));
            }
            return pictures;
        });
    }
    std::error_code failed;
    if (fs::is_regular_file(paths.neighbour_sheet(), failed)) {
        run.neighbours = read_png(paths.neighbour_sheet());
    }
}

/// Steps of the whole training, from the last line of metrics that tells both step and epoch; 0: not known.
std::int64_t planned_steps(const RunRecord& run, const train::Settings& settings) {
    const auto number = [&](const char* key) {
        const auto found = settings.find(key);
        return found == settings.end() ? 0.0 : std::atof(found->second.c_str());
    };
    if (number("train.max_steps") > 0) {
        return static_cast<std::int64_t>(number("train.max_steps"));
    }
    const auto epochs = run.metrics.find("epoch");
    if (epochs == run.metrics.end() || epochs->second.empty() || epochs->second.back().second <= 0) {
        return 0;
    }
    const auto [step, epoch] = epochs->second.back();
    return std::llround(number("train.epochs") * std::round(step / epoch));
}

void read_map(const fs::path& file, RunRecord& run) {
    if (const auto text = content_of(file)) {
        run.map = from_json(*text, file, [&](const Json& json) {
            FeatureMap map;
            run.map_command = json.value("command", "");
            map.method = json.at("method").get<std::string>();
            map.classes = json.at("classes").get<std::vector<std::string>>();
            for (const Json& point : json.at("points")) {
                map.points.push_back({point.at(0).get<double>(), point.at(1).get<double>(), point.at(2).get<int>()});
            }
            return map;
        });
    }
}

/// Fills in what results of earlier versions do not tell: the step that was judged, and of how many.
void complete(EvalResult& result, const RunRecord& run, const train::Settings& settings) {
    constexpr std::string_view kPrefix = "step-";
    if (result.step == 0 && result.checkpoint.starts_with(kPrefix)) {
        result.step = std::atoll(result.checkpoint.c_str() + kPrefix.size());
    }
    if (result.steps == 0) {
        result.steps = planned_steps(run, settings);
    }
}

/// Whether a file that is of no known protocol looks like a result.
bool is_result(const fs::path& file) {
    const Json json = Json::parse(read_file(file.string()), nullptr, /*allow_exceptions=*/false);
    return json.is_object() && json.contains("protocol") && json.contains("rows");
}

/// Those of known protocols in their order, then those of others, which a newer Tacit or another program has.
std::vector<std::string> all_result_files(const fs::path& run) {
    const train::RunPaths paths(run.string());
    std::vector<std::string> files;
    for (const ProtocolEntry& entry : protocols()) {
        const std::vector<std::string> own = result_files(run.string(), entry.name);
        files.insert(files.end(), own.begin(), own.end());
    }
    std::vector<std::string> others;
    std::vector<std::string> strange;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(paths.results(), failed)) {
        const fs::path& file = entry.path();
        const bool known = file == paths.map() || file == paths.neighbours() ||
                           std::find(files.begin(), files.end(), file.string()) != files.end();
        if (file.extension() == ".json" && !known) {
            (is_result(file) ? others : strange).push_back(file.string());
        }
    }
    if (!strange.empty()) {
        log::warning(fmt::format("{}: {} in eval/ {} no result of Tacit and left out: {}", run.string(),
                                 strange.size() == 1 ? "a file" : std::to_string(strange.size()) + " files",
                                 strange.size() == 1 ? "is" : "are", fmt::join(strange, ", ")));
    }
    std::sort(others.begin(), others.end());
    files.insert(files.end(), others.begin(), others.end());
    return files;
}

} // namespace

RunRecord read_results(const std::string& folder) {
    std::error_code failed;
    const fs::path path = fs::absolute(folder).lexically_normal();
    if (!fs::is_directory(path, failed)) {
        throw IoError(fmt::format("run folder {} does not exist; give a folder written by tacit pretrain", folder));
    }
    const train::RunPaths paths(path.string());
    const auto config = content_of(paths.config());
    if (!config) {
        throw DataError(fmt::format("{} is not a run folder (no {}); give a folder written by tacit pretrain", folder,
                                    train::RunPaths::kConfig));
    }
    RunRecord run;
    run.folder = folder;
    run.name = (path.has_filename() ? path : path.parent_path()).filename().string();
    run.config = *config;
    const train::Settings settings = train::flat_settings(*config, paths.config());
    const auto setting = [&](const char* key) {
        const auto found = settings.find(key);
        return found == settings.end() ? std::string() : found->second;
    };
    run.pretext = setting("pretext.name");
    run.title = setting("report.title");
    read_metrics(paths.metrics(), run);
    for (const std::string& file : all_result_files(path)) {
        try {
            run.results.push_back(result_from_json(read_file(file), file));
            complete(run.results.back(), run, settings);
        } catch (const DataError& error) { // the others are still worth showing
            log::warning(fmt::format("left out: {}", error.what()));
        }
    }
    return run;
}

RunRecord read_run(const std::string& folder) {
    RunRecord run = read_results(folder);
    const train::RunPaths paths(folder);
    read_environment(paths.environment(), run);
    read_pictures(paths, run);
    read_map(paths.map(), run);
    return run;
}

} // namespace tacit::eval::report
