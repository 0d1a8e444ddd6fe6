// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/handle.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tacit::shards::h5 {

/// Folders that external links and virtual data sets may lead into; the folder of the file itself is always one.
struct Roots {
    Roots(std::vector<std::string> allowed = {}, std::vector<std::string>* noted = nullptr) // NOLINT: a list of folders
        : folders(std::move(allowed)), reached(noted) {}
    std::vector<std::string> folders;
    std::vector<std::string>* reached; ///< every other file that was led to is noted here
};

/// An open object, and the file and name where it really stands.
struct Located {
    std::string path;
    std::string name;
    Handle file;
    Handle object;
};

/// Opens `name` in the file at `path`, following soft and external links; if it is a virtual data set, all that it is
/// made of is looked at too. Throws DataError naming file and object if a link or a mapping leads out of `roots`, in a
/// circle, or nowhere (where libhdf5 would read fill values), or if the data are in a file of no format.
Located locate(const std::string& path, const std::string& name, const Roots& roots);

/// The source `dataset` in `file` of a virtual data set in the file at `path`, as locate() opens it.
Located locate_source(const std::string& path, const std::string& file, const std::string& dataset, const Roots& roots);

/// `target` as a file at `path` names another: relative to its folder. Notes it in `roots`, and
/// throws DataError if it is outside of them.
std::string file_beside(const std::string& path, const std::string& target, const Roots& roots);

} // namespace tacit::shards::h5
