// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/index/foreign_index.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/shards/data_section.hpp"
#include "pipeline/shards/foreign_axes.hpp"
#include "pipeline/shards/guess/known_names.hpp"
#include "pipeline/shards/hdf5/array_index.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/describe.hpp"
#include "pipeline/shards/hdf5/groups/sample_groups.hpp"
#include "pipeline/shards/hdf5/image_parts.hpp"
#include "pipeline/shards/hdf5/listing.hpp"
#include "pipeline/shards/image_splits.hpp"
#include "pipeline/shards/import/left_out.hpp"
#include "pipeline/shards/labels/label_guess.hpp"
#include "pipeline/shards/labels/label_sets.hpp"
#include "pipeline/shards/labels/named_labels.hpp"
#include "pipeline/shards/splits/split_names.hpp"
#include "pipeline/shards/statistics/value_range.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace tacit::shards {
namespace {

/// The split that a file holds where none is asked for: one whose name is in its objects' names, or the unnamed one.
std::string split_held(hid_t file) {
    std::vector<std::string> found;
    for (const SplitSpelling& spelling : kSplitSpellings) {
        if (guess_names(file, std::string(spelling.word))) {
            found.emplace_back(spelling.word);
        }
    }
    return found.size() == 1 ? found.front() : kUnnamedSplit;
}

class Reader {
  public:
    Reader(const std::string& path, const DataSpec& spec, const std::string& split)
        : path_(path), given_(spec), split_(split) {}

    ForeignReading run() {
        const h5::Handle file = h5::open_file(path_);
        split_ = split_.empty() ? split_held(file.get()) : split_;
        names_ = guess_names(file.get(), split_);
        if (!given_.images.empty()) {
            return read(with_split(given_.images, split_), names_ ? names_->labels : Names(), "");
        }
        if (names_) {
            if (const std::string samples = h5::samples_in(file.get(), names_->images); !samples.empty()) {
                return read(samples, {}, "");
            }
            ForeignReading made = read(names_->images, names_->labels, names_->axes);
            made.usual_images = true;
            return made;
        }
        return read_likeliest(file.get());
    }

  private:
    using Names = std::vector<std::string>;

    [[noreturn]] void refuse_unnamed(hid_t file) const {
        throw DataError(
            fmt::format("{}: no split '{}' here: nothing named images, x, X or data{}; {}see `tacit data inspect "
                        "{}`, and name the images with data.images",
                        path_, split_, split_ == kUnnamedSplit ? "" : " with the split's name before or behind",
                        split_ == kUnnamedSplit ? hint_of(file) : "", path_));
    }

    /// What the first data set may be that holds images of a kind that is not looked for.
    static std::string hint_of(hid_t file) {
        for (const h5::ListedSet& set : h5::list_datasets(file)) {
            const h5::Handle object(H5Dopen2(file, set.name.c_str(), H5P_DEFAULT));
            const h5::Handle type(H5Dget_type(object.get()));
            if (H5Tget_class(type.get()) == H5T_COMPOUND) {
                return fmt::format("'{}' {}; ", set.name, h5::table_text(type.get()));
            }
            if (set.lone.size() == 2) {
                return fmt::format("if '{}' {} is one gray image, say data.images: {} and data.axes: {}; ", set.name,
                                   h5::shape_text(set.shape), set.name, set.lone);
            }
        }
        return {};
    }

    /// Why the first of some candidates may not be what is meant; "": names tell that it is.
    static std::string doubt_of(const std::string& name, const std::vector<std::string>& candidates) {
        if (!h5::sample_pattern(name) || role_of_name(name) != ArrayRole::images) {
            return fmt::format("nothing in it has a usual name for images, and '{}' is the likeliest by kind and size",
                               name);
        }
        const bool more = candidates.size() > 1 && h5::sample_pattern(candidates[1]);
        if (!more) {
            return {};
        }
        const std::string parent = h5::sample_parent(name);
        const std::string inside = name.substr(std::min(name.find("/*/"), name.size()));
        return fmt::format(
            "samples lie in '{}' and in '{}'; if these are splits, say images: '{{split}}{}', and if all "
            "belong together, images: '{}*{}'",
            parent, h5::sample_parent(candidates[1]), inside, parent.substr(0, parent.rfind('/') + 1),
            inside); // npos + 1: nothing
    }

    ForeignReading read_likeliest(hid_t file) const {
        std::string reason;
        if (split_ == kUnnamedSplit) {
            const std::vector<std::string> candidates = h5::image_candidates(h5::list_datasets(file));
            for (const std::string& name : candidates) {
                try {
                    ForeignReading made = read(name, {}, "");
                    if (!reason.empty()) {
                        made.notes.insert(made.notes.begin(), "not taken: " + reason);
                    }
                    const std::string doubt = doubt_of(name, candidates);
                    if (!doubt.empty()) {
                        made.doubts.insert(made.doubts.begin(), doubt);
                    }
                    return made;
                } catch (const Error& error) {
                    reason = reason.empty() ? error.what() : reason;
                }
            }
        }
        if (!reason.empty()) {
            throw DataError(reason);
        }
        refuse_unnamed(file);
    }

    ForeignReading read(const std::string& name, const Names& usual_labels, const std::string& known_axes) const {
        ForeignReading made;
        made.spec = given_;
        made.spec.images = name;
        FileIndex& index = made.index;
        index.path = path_;
        index.split = split_;
        index.source = path_;
        index.format = "hdf5";
        const h5::Roots roots(given_.roots, &index.reached);
        const auto samples = h5::sample_pattern(name);
        h5::Located at = h5::locate(path_, h5::sample_parent(name), roots);
        const bool guess_labels = given_.labels.empty();
        const Names beside = h5::labels_of_samples(at.file.get(), name);
        const Names& usual = beside.empty() ? usual_labels : beside;
        const LabelGuess labels(path_, given_, name, guess_labels ? usual : Names());
        choose_axes(at, known_axes, labels.rows(), made);
        const ForeignImages images =
            add_images(std::move(at), made.spec.axes, roots, index, samples ? samples->member : "");
        add_labels(images, labels, usual, made);
        add_splits(images, made);
        ask_about_rows(given_, images, made);
        made.order = order_of(images);
        made.lists = images.lists;
        std::sort(index.reached.begin(), index.reached.end());
        index.reached.erase(std::unique(index.reached.begin(), index.reached.end()), index.reached.end());
        index.value_range = !given_.range.empty() ? given_.range
                            : images.truth        ? std::vector<double>{0, 1}
                                                  : natural_range(index.element);
        return made;
    }

    void add_labels(const ForeignImages& images, const LabelGuess& guess, const Names& usual,
                    ForeignReading& made) const {
        FileIndex& index = made.index;
        const std::string given = with_split(given_.labels, split_);
        FoundLabels found;
        if (given == "none") {
            found.labels.values.assign(static_cast<std::size_t>(index.count), -1);
        } else if (!given.empty()) {
            found.labels = named_labels("data.labels", given, path_, given_, index, images);
        } else {
            found = guess.find(index, images);
            made.spec.labels = found.key;
            made.usual_labels = found.key == "group" || std::find(usual.begin(), usual.end(), found.key) != usual.end();
            made.open_labels = !found.doubt.empty();
            index.rivals = std::move(found.rivals);
        }
        if (std::ssize(found.labels.values) != index.count) {
            throw DataError(fmt::format("{}: {} labels of {} images; name other labels with data.labels, or `none`",
                                        path_, found.labels.values.size(), index.count));
        }
        index.labels = std::move(found.labels.values);
        index.classes = std::move(found.labels.classes);
        made.notes = std::move(found.notes);
        if (!found.labels.joined.empty()) {
            made.notes.push_back(std::move(found.labels.joined));
        }
        if (!found.labels.note.empty()) {
            made.notes.push_back(found.labels.note);
            index.open_labels = std::move(found.labels.note);
        }
        if (!found.doubt.empty()) {
            made.doubts.push_back(std::move(found.doubt));
        }
    }

    void add_splits(const ForeignImages& images, ForeignReading& made) const {
        FileIndex& index = made.index;
        if (!given_.split_by.empty()) {
            Labels splits = splits_of_images(path_, given_, split_, index, images);
            index.splits = std::move(splits.values);
            index.split_names = std::move(splits.classes);
        } else if (const std::string lists = unread_lists(images, index.count); !lists.empty()) {
            index.notes.push_back(fmt::format("{}: {}", path_, lists));
        }
        if (!images.left_out.empty()) {
            index.notes.push_back(fmt::format("{}: groups without images beside those that hold some are left out "
                                              "({}): {}",
                                              path_, images.left_out.size(),
                                              first_few(images.left_out, images.left_out.size())));
        }
    }

    static std::string order_of(const ForeignImages& images) {
        constexpr std::size_t kShown = 3;
        if (images.order.empty() || images.names.empty()) {
            return images.order;
        }
        const std::vector<std::string> shown(
            images.names.begin(),
            images.names.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, images.names.size() - 1)));
        return fmt::format("{}: {} … {}", images.order, fmt::join(shown, ", "), images.names.back());
    }

    const std::string& path_;
    const DataSpec& given_;
    std::string split_;
    std::optional<ForeignNames> names_;
};

} // namespace

ForeignReading read_foreign(const std::string& path, const DataSpec& spec, const std::string& split) {
    return Reader(path, spec, split).run();
}

FileIndex index_foreign(const std::string& path, const DataSpec& spec, const std::string& split) {
    ForeignReading made = read_foreign(path, spec, split);
    if (!made.doubts.empty()) {
        DataSpec asked = made.spec;
        asked.path = path;
        for (std::string* name : {&asked.images, &asked.labels}) {
            if (with_split(of_all_splits(*name), made.index.split) == *name) {
                *name = of_all_splits(*name);
            }
        }
        throw UnsureReading(
            fmt::format("{}: {}; say which it is, for example with `{}`; `tacit data inspect {}` shows what "
                        "there is",
                        path, fmt::join(made.doubts, "; "), section_line(asked), path));
    }
    if (made.index.classes.empty() && !made.notes.empty()) {
        made.index.open_labels = fmt::format("{}; the images are read without labels", fmt::join(made.notes, "; "));
    }
    const std::string others = spec.labels.empty() && made.index.classes.empty()
                                   ? other_labels(path, made.index.count, {}, made.lists)
                                   : std::string();
    if (!others.empty()) {
        made.index.open_labels = fmt::format("{}: the images are read without labels, which may be {}: name them with "
                                             "data.labels (--labels), or say `none`",
                                             path, others);
    }
    return std::move(made.index);
}

} // namespace tacit::shards
