// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/shards/index/dataset_index.hpp"

#include <concepts>
#include <type_traits>

namespace tacit::shards {

/// `T` is `Base`, perhaps a constant one: fields() serves writing and reading.
template <class T, class Base>
concept Fields = std::same_as<std::remove_const_t<T>, Base>;

/// Raise it when the meaning of a field below changes; other names, sizes and orders are noticed without (IndexSchema).
inline constexpr int kIndexVersion = 3;

template <class A, Fields<Filter> T> void fields(A& archive, T& filter) {
    archive("id values", filter.id, filter.values);
}

template <class A, Fields<StoredArray> T> void fields(A& archive, T& array) {
    archive("path dataset layout reason element element_bytes swapped shape address chunk filters chunks fill",
            array.path, array.dataset, array.layout, array.reason, array.element, array.element_bytes, array.swapped,
            array.shape, array.address, array.chunk, array.filters, array.chunks, array.fill);
}

template <class A, Fields<ImageItems> T> void fields(A& archive, T& items) {
    archive("path dataset addresses bytes shapes element swapped", items.path, items.dataset, items.addresses,
            items.bytes, items.shapes, items.element, items.swapped);
}

template <class A, Fields<ImagePart> T> void fields(A& archive, T& part) {
    archive("array axes first count items first_row", part.array, part.axes, part.first, part.count, part.items,
            part.first_row);
}

template <class A, Fields<augment::ImageShape> T> void fields(A& archive, T& shape) {
    archive("height width channels", shape.height, shape.width, shape.channels);
}

template <class A, Fields<ClassPair> T> void fields(A& archive, T& pair) {
    archive("taken other", pair.taken, pair.other);
}

template <class A, Fields<OtherLabels> T> void fields(A& archive, T& labels) {
    archive("key usual pairs", labels.key, labels.usual, labels.pairs);
}

template <class A, Fields<LabelRivals> T> void fields(A& archive, T& rivals) {
    archive("what taken others", rivals.what, rivals.taken, rivals.others);
}

template <class A, Fields<FileIndex> T> void fields(A& archive, T& file) {
    archive("path split source format count total shape element value_range parts labels checksums chosen classes "
            "splits split_names mean std open_labels notes rivals reached",
            file.path, file.split, file.source, file.format, file.count, file.total, file.shape, file.element,
            file.value_range, file.parts, file.labels, file.checksums, file.chosen, file.classes, file.splits,
            file.split_names, file.mean, file.std, file.open_labels, file.notes, file.rivals, file.reached);
}

template <class A, Fields<DatasetIndex> T> void fields(A& archive, T& index) {
    archive("path split files", index.path, index.split, index.files);
}

} // namespace tacit::shards
