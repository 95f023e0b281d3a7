// SPDX-License-Identifier: BSD-3-Clause
// Parts of elbow_config_finish in files of their own. Private to this room.
#ifndef ELBOW_CONFIG_DETAIL_CHECK_H
#define ELBOW_CONFIG_DETAIL_CHECK_H

#include "elbow/config/config.h"

// Local. Checks that the kinds of the model are compatible. CONFIG, with `name` in the message.
enum elbow_status elbow_check_kinds(const struct elbow_config *config, const char *name, struct elbow_error *error);

// Local. CONFIG if keys of train and objective contradict each other, or lack what they need.
enum elbow_status elbow_check_train(const struct elbow_config *config, const char *name, struct elbow_error *error);

// Local. A place of data.KEY; `is_bare`: the dataset may have no file. CONFIG if it names no dataset or no file.
enum elbow_status elbow_config_check_location(const struct elbow_config *config, const char *name, const char *key,
                                              const char *location, bool is_bare, struct elbow_error *error);

// Local. data.condition, data.valid_condition and model.condition.
enum elbow_status elbow_config_check_condition(const struct elbow_config *config, const char *name,
                                               struct elbow_error *error);

// Local. Checks data.labels and data.labelled against the classifier.
enum elbow_status elbow_check_labels(const struct elbow_config *config, const char *name, struct elbow_error *error);

// Local. Checks the keys beside a model in front of the data.
enum elbow_status elbow_check_through(const struct elbow_config *config, const char *name, struct elbow_error *error);

// Local. Checks data.order against its options and against data.access.
enum elbow_status elbow_check_order(const struct elbow_config *config, const char *name, struct elbow_error *error);

// Local. Checks the keys beside a classifier.
enum elbow_status elbow_check_classifier(const struct elbow_config *config, const char *name,
                                         struct elbow_error *error);

#endif
