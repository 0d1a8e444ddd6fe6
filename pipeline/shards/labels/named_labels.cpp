// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/labels/named_labels.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/hdf5/attributes.hpp"
#include "pipeline/shards/hdf5/groups/class_lists.hpp"
#include "pipeline/shards/hdf5/groups/sample_groups.hpp"
#include "pipeline/shards/hdf5/raw/precheck.hpp"
#include "pipeline/shards/hdf5/raw/storage.hpp"
#include "pipeline/shards/hdf5/whole_data.hpp"
#include "pipeline/shards/labels/csv_table.hpp"
#include "pipeline/shards/labels/listed_classes.hpp"
#include "pipeline/shards/read/extents.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

namespace tacit::shards {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostColumns = 1 << 16; ///< of one image

/// `said`: by the user, from beside the file of images at `path` or, below the working folder, from here. Where it may
/// lie is asked before whether it is there.
std::string labels_file(const std::string& name, const std::string& path, const h5::Roots& roots, bool said) {
    if (!said) {
        return h5::file_beside(path, name, roots);
    }
    std::error_code error;
    h5::Roots allowed = roots;
    std::string target = name;
    if (!fs::exists(fs::absolute(path).parent_path() / name, error)) {
        allowed.folders.push_back(fs::current_path().string());
        target = fs::absolute(name).string();
    }
    h5::file_beside(path, target, allowed.folders);
    existing_file(name, fs::path(path).parent_path().string()); // in one place
    return h5::file_beside(path, target, allowed);
}

/// The names in which a label of each image may be told: its own, and that of a subgroup where it is alone.
std::vector<const std::vector<std::string>*> names_of(const ForeignImages& images) {
    return images.one_each ? std::vector{&images.names, &images.groups.classes} : std::vector{&images.names};
}

/// A file of one image has its name there, or its name without extension.
Labels labels_of_table(const std::string& path, const std::string& column, std::int64_t count,
                       const ForeignImages& images, Meaning meaning) {
    std::vector<const std::vector<std::string>*> tried = names_of(images);
    const std::vector<std::string> file = {fs::path(images.at.path).filename().string()};
    const std::vector<std::string> stem = {fs::path(images.at.path).stem().string()};
    if (count == 1 && images.names.empty()) {
        tried.insert(tried.begin(), {&file, &stem});
    }
    std::optional<DataError> first;
    for (const std::vector<std::string>* names : tried) {
        try {
            return read_csv_labels(path, column, count, *names, meaning);
        } catch (const DataError& error) {
            first = first ? first : error;
        }
    }
    throw DataError(*first);
}

h5::Located member(const ForeignImages& images, const std::string& name, const h5::Roots& roots) {
    return h5::locate(images.at.path, (images.at.name == "/" ? "" : images.at.name + "/") + name, roots);
}

/// Of a few of `names` (the first two, one in the middle, the last) the first that has an attribute; none: nullptr.
const std::string* one_with(const ForeignImages& images, const std::vector<std::string>& names,
                            const std::string& attribute, const h5::Roots& roots) {
    const std::size_t count = names.size();
    const std::set<std::size_t> few = {0, 1, count / 2, count - 1};
    for (auto i = few.begin(); i != few.end() && *i < count; ++i) {
        if (h5::has_attribute(member(images, names[*i], roots).object.get(), attribute, "")) {
            return &names[*i];
        }
    }
    return nullptr;
}

/// The names of those, images or their subgroups, of which one_with() finds one; nullptr: of neither.
const std::vector<std::string>* names_with(const ForeignImages& images, const std::string& attribute,
                                           const h5::Roots& roots) {
    for (const std::vector<std::string>* names : names_of(images)) {
        if (one_with(images, *names, attribute, roots) != nullptr) {
            return names;
        }
    }
    return nullptr;
}

/// Labels that each image tells for itself: all of them texts, or numbers with the names that a list of the file gives.
/// `columns`: of each image; more than one: it is one-hot.
Labels labels_of_values(const std::vector<std::string>& texts, const std::vector<double>& numbers, std::size_t columns,
                        const ForeignImages& images, const std::string& where, Meaning meaning) {
    if (numbers.empty()) {
        return labels_of_texts(texts, where, meaning);
    }
    Labels labels = columns > 1 ? labels_of_one_hot(numbers, columns, where) : labels_of_numbers(numbers, where);
    if (meaning == Meaning::classes) {
        name_classes(labels, h5::class_lists(images.at.object.get(), labels.values.size()), columns > 1, where);
    }
    return labels;
}

/// One value of an attribute of each of `names`, all of them texts or all numbers.
Labels labels_of_each(const ForeignImages& images, const std::vector<std::string>& names, const std::string& attribute,
                      const h5::Roots& roots, Meaning meaning) {
    std::vector<std::string> texts;
    std::vector<double> numbers;
    const auto append = [](const auto& values, auto& all) { all.insert(all.end(), values.begin(), values.end()); };
    for (std::size_t i = 0; i < names.size(); ++i) {
        const h5::Located at = member(images, names[i], roots);
        const hid_t object = at.object.get();
        const std::string where = fmt::format("{}: {}", at.path, at.name);
        if (!h5::has_attribute(object, attribute, where)) {
            throw DataError(fmt::format("{}: has no attribute '{}', as '{}' has; write one for each image (-1: no "
                                        "label), or say data.labels: none",
                                        where, attribute, *one_with(images, names, attribute, roots)));
        }
        if (i == 0 ? h5::is_text_attribute(object, attribute, where) : !texts.empty()) {
            append(h5::text_attribute(object, attribute, where), texts);
        } else {
            append(h5::number_attribute(object, attribute, where), numbers);
        }
        if (texts.size() + numbers.size() != i + 1) {
            throw NotLabels(fmt::format("{}: attribute '{}' is not one value; write one for each image, or say "
                                        "data.labels: none",
                                        where, attribute));
        }
    }
    const std::string where = fmt::format("{}: {}: attribute '{}'", images.at.path, images.at.name, attribute);
    return labels_of_values(texts, numbers, 1, images, where, meaning);
}

/// The one value that data set `name` of each group of images holds, all of them texts or all numbers, or the row of a
/// one-hot table.
Labels labels_of_samples(const ForeignImages& images, const std::string& name, const h5::Roots& roots,
                         Meaning meaning) {
    std::vector<std::string> texts;
    std::vector<double> numbers;
    std::size_t columns = 0;
    std::vector<std::string> classes; // of an enumeration, the same in each group
    for (const std::string& sample : images.names) {
        const std::string inside = fmt::format("{}/{}", sample, name);
        if (!h5::has_object(images.at.object.get(), inside)) {
            throw DataError(fmt::format("{}: {}: '{}' has no '{}', as others have; write one for each image (-1: no "
                                        "label), or say data.labels: none",
                                        images.at.path, images.at.name, sample, name));
        }
        const h5::Located at = member(images, inside, roots);
        const std::string where = fmt::format("{}: {}", at.path, at.name);
        const bool set = H5Iget_type(at.object.get()) == H5I_DATASET;
        const h5::Handle type(set ? H5Dget_type(at.object.get()) : H5I_INVALID_HID);
        const H5T_class_t kind = type.valid() ? H5Tget_class(type.get()) : H5T_NO_CLASS;
        const bool number = kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_ENUM;
        const auto values = static_cast<std::size_t>(set ? capped_product(h5::dimensions(at.object.get())) : 0);
        columns = columns == 0 ? values : columns;
        if ((!number && kind != H5T_STRING) || values != columns || values < 1 ||
            values > (number ? kMostColumns : 1) || (number ? !texts.empty() : !numbers.empty())) {
            throw NotLabels(fmt::format("{}: is not one text or number, or one-hot, as for the images before it; name "
                                        "other labels with data.labels, or `none`",
                                        where));
        }
        if (number) {
            const auto row = h5::read_values<double>(at.object.get(), H5T_NATIVE_DOUBLE, where);
            numbers.insert(numbers.end(), row.begin(), row.end());
            const std::vector<std::string> names = h5::member_names(type.get());
            if (numbers.size() > values && names != classes) {
                throw DataError(
                    fmt::format("{}: its type does not name the class numbers as those of the groups before "
                                "it do (enumerations differ); write all labels as texts, or with one "
                                "enumeration",
                                where));
            }
            classes = names;
        } else {
            texts.push_back(h5::read_texts(at.object.get(), where).at(0));
        }
    }
    const std::string where = fmt::format("{}: {}: '{}' of each group", images.at.path, images.at.name, name);
    if (classes.empty()) {
        return labels_of_values(texts, numbers, columns, images, where, meaning);
    }
    if (columns > 1) {
        throw NotLabels(fmt::format("{}: holds {} values of an enumeration, not one; write one for each image, or say "
                                    "data.labels: none",
                                    where, columns));
    }
    Labels labels = labels_of_numbers(numbers, where);
    name_classes(labels, {{"its enumeration", classes, true}}, true, where);
    return labels;
}

/// Labels of rows, as labels of images.
Labels in_order(Labels labels, const std::vector<std::size_t>& rows) {
    const std::vector<std::int32_t> values = labels.values;
    for (std::size_t image = 0; image < rows.size(); ++image) {
        labels.values[image] = values[rows[image]];
    }
    return labels;
}

} // namespace

h5::Located locate_labels(const std::string& text, const std::string& path, const h5::Roots& roots, bool said) {
    const std::size_t colon = text.rfind(':');
    return colon == std::string::npos
               ? h5::locate(path, text, roots)
               : h5::locate(labels_file(text.substr(0, colon), path, roots, said), text.substr(colon + 1), roots);
}

bool has_attribute_of_each(const ForeignImages& images, std::int64_t count, const std::string& attribute,
                           const h5::Roots& roots) {
    if (names_with(images, attribute, roots) != nullptr) {
        return true;
    }
    const h5::Handle root(H5Gopen2(images.at.file.get(), "/", H5P_DEFAULT));
    const bool list = attribute == "classes" || attribute == "categories"; // of names
    return images.doubt.empty() && !list &&
           (h5::attribute_values(images.at.object.get(), attribute, images.at.path) == count ||
            h5::attribute_values(root.get(), attribute, images.at.path) == count);
}

Labels named_labels(const char* key, const std::string& text, const std::string& path, const DataSpec& spec,
                    FileIndex& index, const ForeignImages& images) {
    const h5::Roots roots(spec.roots, &index.reached);
    const Meaning meaning = std::string_view(key) == "data.split_by" ? Meaning::splits : Meaning::classes;
    const bool said = !spec.labels.empty() || meaning == Meaning::splits;
    if (text == "group") {
        if (images.groups.classes.empty()) {
            throw ConfigError(
                fmt::format("{} is `group`, but {}: {} has no subgroups with images", key, path, images.at.name));
        }
        return images.groups;
    }
    if (const auto table = table_and_column(text)) {
        return labels_of_table(labels_file(table->first, path, roots, said), table->second, index.count, images,
                               meaning);
    }
    if (const auto samples = h5::sample_pattern(text)) {
        if (samples->group != images.at.name || images.names.empty()) {
            throw ConfigError(
                fmt::format("{} is '{}', but the images are in '{}' of {}; labels in groups of samples go "
                            "with images that are named so too, such as {}",
                            key, text, images.at.name, path, "data.images: 'samples/*/image'"));
        }
        return labels_of_samples(images, text.substr(text.rfind("*/") + 2), roots, meaning);
    }
    const std::string attribute = text.starts_with('@') ? text.substr(1) : std::string();
    const bool own = !attribute.empty() && h5::has_attribute(images.at.object.get(), attribute, path);
    const h5::Handle root(H5Gopen2(images.at.file.get(), "/", H5P_DEFAULT));
    if (!attribute.empty() && !own) {
        if (const std::vector<std::string>* names = names_with(images, attribute, roots)) {
            return labels_of_each(images, *names, attribute, roots, meaning);
        }
        if (!h5::has_attribute(root.get(), attribute, path)) {
            throw ConfigError(fmt::format("{} is '{}', but {}: '{}', its images and the root of the file have no "
                                          "attribute '{}'; write one value for each image there, or name labels that "
                                          "`tacit data inspect {}` shows",
                                          key, text, path, images.at.name, attribute, path));
        }
    }
    if (!images.doubt.empty()) {
        throw DataError(
            fmt::format("{}: {}: {} '{}' has a row for each image: {}", path, images.at.name, key, text, images.doubt));
    }
    if (!attribute.empty()) {
        return in_order(read_label_attribute(own ? images.at.object.get() : root.get(), attribute,
                                             fmt::format("{}: {}", path, own ? images.at.name : "/"), index.count,
                                             meaning),
                        images.rows);
    }
    const h5::Located at = locate_labels(text, path, roots, said);
    return in_order(read_labels(at.object.get(), fmt::format("{}: {}", at.path, at.name), index.count, meaning),
                    images.rows);
}

} // namespace tacit::shards
