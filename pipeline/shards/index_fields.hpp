// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/dataset_index.hpp"

#include <concepts>
#include <type_traits>

namespace tacit::shards {

/// `T` is `Base`, perhaps a constant one: fields() serves writing and reading.
template <class T, class Base>
concept Fields = std::same_as<std::remove_const_t<T>, Base>;

/// Raise it when the meaning of a field below changes; other names, sizes and orders are noticed without (IndexSchema).
inline constexpr int kIndexVersion = 2;

template <class A, Fields<Filter> T> void fields(A& archive, T& filter) {
    archive("id", filter.id);
    archive("values", filter.values);
}

template <class A, Fields<StoredArray> T> void fields(A& archive, T& array) {
    archive("path", array.path);
    archive("dataset", array.dataset);
    archive("layout", array.layout);
    archive("reason", array.reason);
    archive("element", array.element);
    archive("element_bytes", array.element_bytes);
    archive("swapped", array.swapped);
    archive("shape", array.shape);
    archive("address", array.address);
    archive("chunk", array.chunk);
    archive("filters", array.filters);
    archive("chunks", array.chunks);
    archive("fill", array.fill);
}

template <class A, Fields<ImageItems> T> void fields(A& archive, T& items) {
    archive("path", items.path);
    archive("dataset", items.dataset);
    archive("addresses", items.addresses);
    archive("bytes", items.bytes);
    archive("shapes", items.shapes);
    archive("element", items.element);
    archive("swapped", items.swapped);
}

template <class A, Fields<ImagePart> T> void fields(A& archive, T& part) {
    archive("array", part.array);
    archive("axes", part.axes);
    archive("first", part.first);
    archive("count", part.count);
    archive("items", part.items);
    archive("first_row", part.first_row);
}

template <class A, Fields<augment::ImageShape> T> void fields(A& archive, T& shape) {
    archive("height", shape.height);
    archive("width", shape.width);
    archive("channels", shape.channels);
}

template <class A, Fields<FileIndex> T> void fields(A& archive, T& file) {
    archive("path", file.path);
    archive("split", file.split);
    archive("source", file.source);
    archive("format", file.format);
    archive("count", file.count);
    archive("total", file.total);
    archive("shape", file.shape);
    archive("element", file.element);
    archive("value_range", file.value_range);
    archive("parts", file.parts);
    archive("labels", file.labels);
    archive("checksums", file.checksums);
    archive("chosen", file.chosen);
    archive("classes", file.classes);
    archive("splits", file.splits);
    archive("split_names", file.split_names);
    archive("mean", file.mean);
    archive("std", file.std);
    archive("reached", file.reached);
}

template <class A, Fields<DatasetIndex> T> void fields(A& archive, T& index) {
    archive("path", index.path);
    archive("split", index.split);
    archive("files", index.files);
}

} // namespace tacit::shards
