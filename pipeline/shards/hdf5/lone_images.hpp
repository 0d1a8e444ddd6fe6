// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/hdf5/image_parts.hpp"
#include "pipeline/shards/hdf5/raw/storage.hpp"
#include "pipeline/shards/read/file_bytes.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace tacit::shards::h5 {

/// An open group or data set, and the file and name where it really stands.
struct Member {
    hid_t object;
    const FileBytes& file;
    std::string name;

    std::string where() const { return fmt::format("{}: {}", file.path(), name); }
    std::string name_of(const std::string& link) const { return name == "/" ? link : name + "/" + link; }
};

/// Appends data sets that are one image each to the parts of a group's images, all stored in one way.
class LoneImages {
  public:
    /// `at`: the group, or the cell array, which may refer to anything; all must outlive this.
    LoneImages(const Located& at, const std::string& axes, bool cells, GroupImages& found)
        : at_(at), axes_(axes), found_(found), matlab_(is_matlab(at)), cells_(cells) {}

    /// The next image of `found`, whose name follows. Throws DataError "<path>: <name>: …".
    void add(const Member& image);
    /// What the images are called in messages.
    void show(std::string name) { shown_ = std::move(name); }

  private:
    std::string axes_of(const std::vector<hsize_t>& dims) const;
    void add_pixels(ImagePart part);
    void add_item(const std::string& path, const Extent& extent);
    std::int64_t images() const { return static_cast<std::int64_t>(found_.names.size()); }

    const Located& at_;
    const std::string& axes_;
    GroupImages& found_;
    std::string shown_ = at_.name;
    bool matlab_;
    bool cells_;
    bool encoded_ = false;
    Element element_ = Element::u8;
    bool swapped_ = false;
};

} // namespace tacit::shards::h5
