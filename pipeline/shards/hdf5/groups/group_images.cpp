// SPDX-License-Identifier: Apache-2.0
#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/groups/cells.hpp"
#include "pipeline/shards/hdf5/groups/group_links.hpp"
#include "pipeline/shards/hdf5/listing.hpp"
#include "pipeline/shards/hdf5/lone_images.hpp"
#include "pipeline/shards/hdf5/raw/precheck.hpp"
#include "pipeline/shards/read/file_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace tacit::shards::h5 {
namespace {

class Collector {
  public:
    Collector(const Located& at, const std::string& axes, const Roots& roots, GroupImages& found)
        : at_(at), roots_(roots), found_(found),
          images_(at, axes, shape_of(at.object.get()) == Shape::references, found) {}

    void run(const std::string& member) {
        const FileBytes file(at_.path);
        if (!member.empty()) {
            add_samples({at_.object.get(), file, at_.name}, "", member);
            if (found_.names.empty()) {
                throw DataError(fmt::format("{}: {}: none of its groups holds '{}'", at_.path, at_.name, member));
            }
        } else if (shape_of(at_.object.get()) == Shape::references) {
            add_cells(file);
        } else {
            add_group({at_.object.get(), file, at_.name}, "", -1);
            note_one_each();
        }
    }

  private:
    /// The objects that a cell array refers to, in its order: they lie in one group, under names of no meaning.
    void add_cells(const FileBytes& file) {
        const Cells cells(at_.object.get());
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const Handle object = cells.open(i);
            if (H5Iget_type(object.get()) != H5I_DATASET) {
                throw DataError(fmt::format("{}: {}: is no data set", at_.path, cells.name(i)));
            }
            images_.add({object.get(), file, cells.name(i)});
            found_.names.push_back(std::to_string(i));
            found_.labels.push_back(-1);
        }
        found_.order = "the cell array";
    }

    /// The data set `member` of each subgroup, or of each in these ("*/image"). Data sets beside them are passed over,
    /// which `inspect` names; so are subgroups that hold none, which are named in any case.
    void add_samples(const Member& group, const std::string& prefix, const std::string& member) {
        const GroupLinks listed = links_of(group.object, group.where());
        if (prefix.empty()) {
            images_.show(group.name_of("*/" + member));
        }
        found_.order = listed.order;
        found_.doubt = found_.doubt.empty() ? listed.doubt : found_.doubt;
        for (const Link& link : listed.links) {
            const std::string name = group.name_of(link.name);
            const std::string where = fmt::format("{}: {}", group.file.path(), name);
            const Located sample = followed(group.file.path(), name, where);
            if (H5Iget_type(sample.object.get()) != H5I_GROUP) {
                continue;
            }
            if (member.starts_with("*/")) {
                const FileBytes file(sample.path);
                add_samples({sample.object.get(), file, sample.name}, prefix + link.name + "/", member.substr(2));
                continue;
            }
            if (!has_object(sample.object.get(), member)) {
                found_.left_out.push_back(name);
                continue;
            }
            Located at = followed(group.file.path(), fmt::format("{}/{}", name, member), where);
            const FileBytes file(at.path);
            images_.add({at.object.get(), file, at.name});
            found_.names.push_back(prefix + link.name);
            found_.labels.push_back(-1);
            led_to_ = std::move(at.file);
        }
    }

    /// `prefix`: of the members' names below the group that is read. `label`: -1 in that group itself.
    void add_group(const Member& group, const std::string& prefix, std::int32_t label) {
        GroupLinks listed = links_of(group.object, group.where());
        const auto note = [&](bool image) { // the order of classes alone is no order of images
            found_.order = image ? listed.order : found_.order;
            found_.doubt = image && found_.doubt.empty() ? listed.doubt : found_.doubt;
        };
        std::vector<Link> links = std::move(listed.links);
        if (label >= 0 && listed.lists > 0) {
            throw DataError(fmt::format("{}: seems to hold labels of the images beside it; name them, as in {}, or "
                                        "move them out of the class",
                                        fmt::format("{}: {}", group.file.path(), group.name_of(links.back().name)),
                                        "data.images: '*/image' and data.labels: '*/label'"));
        }
        if (label < 0) {
            const std::size_t members = links.size() - listed.lists;
            for (std::size_t i = members; i < links.size(); ++i) { // what may be read as labels
                found_.lists.push_back(group.name_of(links[i].name));
            }
            links.resize(members);
            subgroups_ = {{}, 0, listed.order, listed.doubt};
        }
        for (const Link& link : links) {
            const std::string name = group.name_of(link.name);
            const std::string where = fmt::format("{}: {}", group.file.path(), name);
            if (link.hard) {
                const Handle object = open_object(group.object, link.name, group.file, where);
                note(add({object.get(), group.file, name}, prefix, link.name, label));
            } else {
                Located at = followed(group.file.path(), name, where);
                const FileBytes file(at.path);
                note(add({at.object.get(), file, at.name}, prefix, link.name, label));
                led_to_ = std::move(at.file);
            }
        }
    }

    Located followed(const std::string& path, const std::string& name, const std::string& where) const {
        try {
            return locate(path, name, roots_);
        } catch (const Error& error) {
            throw DataError(fmt::format("{}: {}", where, error.what()));
        }
    }

    /// Where each subgroup holds one image, and may be that image rather than a class, order is that of the subgroups.
    void note_one_each() {
        std::vector<std::int32_t> places(found_.classes.size());
        std::iota(places.begin(), places.end(), 0);
        found_.one_each = places.size() > 1 && found_.labels == places;
        if (found_.one_each) {
            found_.order = subgroups_.order;
            found_.doubt = subgroups_.doubt;
        }
    }

    /// Whether it is an image.
    bool add(const Member& member, const std::string& prefix, const std::string& link, std::int32_t label) {
        const H5I_type_t type = H5Iget_type(member.object);
        if (type == H5I_DATASET) {
            images_.add(member);
            found_.names.push_back(prefix + link);
            found_.labels.push_back(label);
        } else if (type == H5I_GROUP && label < 0) {
            if (!may_hold_images(member)) {
                found_.left_out.push_back(member.name);
                return false;
            }
            found_.classes.push_back(link);
            add_group(member, prefix + link + "/", static_cast<std::int32_t>(found_.classes.size()) - 1);
        } else if (type == H5I_GROUP) {
            throw DataError(fmt::format("{}: is a group inside of class '{}', where only images may stand; move its "
                                        "images up, or name the group that they are to be read from with data.images",
                                        member.where(), found_.classes.back()));
        }
        return type == H5I_DATASET;
    }

    /// Whether a subgroup may be a class: it holds a group, a link elsewhere, or a data set that may be an image.
    static bool may_hold_images(const Member& group) {
        const std::vector<Link> links = links_of(group.object, group.where()).links;
        return links.empty() || std::any_of(links.begin(), links.end(), [&](const Link& link) {
                   if (!link.hard) {
                       return true;
                   }
                   const Handle object = open_object(group.object, link.name, group.file, group.where());
                   const bool set = H5Iget_type(object.get()) == H5I_DATASET;
                   const Handle type(set ? H5Dget_type(object.get()) : H5I_INVALID_HID);
                   return !set || H5Tget_class(type.get()) == H5T_OPAQUE ||
                          (element_of(type.get()) && may_be_image(dimensions(object.get())));
               });
    }

    const Located& at_;
    const Roots& roots_;
    Handle led_to_; ///< stays open, for what libhdf5 knows of it helps the next link there
    GroupImages& found_;
    LoneImages images_;
    GroupLinks subgroups_; ///< without the links
};

} // namespace

GroupImages group_images(const Located& at, const std::string& axes, const Roots& roots, const std::string& member) {
    GroupImages found;
    Collector(at, axes, roots, found).run(member);
    return found;
}

} // namespace tacit::shards::h5
