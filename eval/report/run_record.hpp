// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eval/results/results.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tacit::eval::report {

/// Values of one metric over the steps of a run.
using Series = std::vector<std::pair<double, double>>;

/// A picture file and what it shows.
struct Picture {
    std::string file;
    std::string title;
    std::vector<std::string> columns;
    std::vector<std::string> captions; ///< of the rows
    std::string png;                   ///< the file's bytes
    int width = 0;                     ///< pixels, from the PNG header
    int height = 0;
};

struct MapPoint {
    double x = 0; ///< in [0, 1]
    double y = 0;
    int label = -1;
};

/// eval/map.json.
struct FeatureMap {
    std::string method;
    std::vector<std::string> classes;
    std::vector<MapPoint> points;
};

/// All that a report shows of one run; what a run does not have is empty.
struct RunRecord {
    std::string folder;
    std::string name;
    std::string pretext;
    std::string title;  ///< report.title of the config
    std::string config; ///< config.yaml as it is
    std::vector<std::pair<std::string, std::string>> environment;
    std::map<std::string, Series> metrics;
    std::string launch;      ///< the command that trained it, with its launcher, quoted for a shell
    std::string directory;   ///< in which that was given; empty: not known
    std::string map_command; ///< that drew the map
    std::vector<EvalResult>
        results; ///< by protocol, in the order of the registry; of each the newest of the run's own data first
    std::vector<Picture> pictures;
    std::optional<Picture> neighbours;
    std::optional<FeatureMap> map;
};

/// Reads a run folder. Results that cannot be read are left out, each with a warning. Throws IoError when the folder is
/// not there, DataError when it has no config.yaml or another file in it is damaged, naming the file and what to do.
RunRecord read_run(const std::string& folder);

/// The same without environment, pictures and map.
RunRecord read_results(const std::string& folder);

} // namespace tacit::eval::report
