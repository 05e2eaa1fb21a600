/* study_read.c -- a study file: YAML, read strictly. */
#include "study/study.h"

#include "base/arena.h"
#include "base/error.h"
#include "learn/settings_yaml.h"
#include "study/study_scalars.h"

#include <stdio.h>
#include <string.h>

typedef struct reader {
    limen_study *study;
    const lm_yaml *yaml;
    limen_error *err;
    const yaml_node_t *reference, *best_of; /* read when all labels are known */
} reader;

static limen_status fault(const reader *from, const yaml_node_t *at,
                          const char *what)
{
    return lm_yaml_fault(from->yaml, at, what, from->err);
}

static limen_status expect(const reader *from, const yaml_node_t *node,
                           yaml_node_type_t type, const char *what)
{
    if (node->type != type)
        return fault(from, node, what);
    if (lm_yaml_count(node) > LM_STUDY_LIST_MAX)
        return fault(from, node, "more than 1000 entries");
    return LIMEN_OK;
}

/* Settings that all arms share, or that the study sets itself. */
static limen_status check_shared(const reader *from, const yaml_node_t *node,
                                 bool is_arm)
{
    static const char *const shared[] = { "data", "data-dir", "train-samples",
                                          "validation" };
    char what[160];

    for (size_t k = 0; k < lm_yaml_count(node); k++) {
        const yaml_node_t *key = lm_yaml_key(from->yaml, node, k);
        const char *name = lm_yaml_text(key);

        if (name != NULL && strcmp(name, "seed") == 0)
            return fault(from, key, "list seeds under `seeds` of the study");
        for (size_t j = 0; is_arm && name != NULL && j < 4; j++) {
            snprintf(what, sizeof what,
                     "%s is the same for all arms; set it in `base`",
                     shared[j]);
            if (strcmp(name, shared[j]) == 0)
                return fault(from, key, what);
        }
    }
    return LIMEN_OK;
}

static limen_status read_base(reader *from, const yaml_node_t *node)
{
    limen_status status =
        expect(from, node, YAML_MAPPING_NODE,
               "base is a mapping of settings, as `epochs: 10`");

    if (status == LIMEN_OK)
        status = check_shared(from, node, false);
    if (status == LIMEN_OK)
        status =
            lm_settings_read(from->study->base, from->yaml, node, from->err);
    return status;
}

static void name_file(lm_study_arm *arm)
{
    static const char kept[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+-";

    for (size_t k = 0; arm->label[k] != '\0'; k++)
        arm->file[k] =
            strchr(kept, arm->label[k]) != NULL ? arm->label[k] : '_';
}

/* A new arm with the label of `key`. */
static limen_status add_arm(reader *from, const yaml_node_t *key,
                            lm_study_arm **out)
{
    limen_study *study = from->study;
    const char *label = lm_yaml_text(key);
    char what[240];

    if (label == NULL || label[0] == '\0' || strlen(label) > LM_STUDY_LABEL_MAX)
        return fault(from, key, "a label has 1 to 60 bytes");
    for (size_t k = 0; label[k] != '\0'; k++)
        if ((unsigned char)label[k] < ' ' || label[k] == '|')
            return fault(from, key, "a label has no control characters nor |");
    if (study->arms == LM_STUDY_LIST_MAX)
        return fault(from, key, "more than 1000 arms");
    lm_study_arm *grown =
        lm_grow(study->arm, study->arms, study->arms + 1, sizeof *study->arm);
    if (grown == NULL)
        return lm_error_no_memory(from->err, "an arm", sizeof *grown);
    study->arm = grown;
    lm_study_arm *arm = &study->arm[study->arms];
    *arm = (lm_study_arm){ 0 };
    memcpy(arm->label, label, strlen(label));
    name_file(arm);
    for (size_t k = 0; k < study->arms; k++) {
        snprintf(what, sizeof what,
                 "the label '%s' was given before; cells of arms have names",
                 label);
        if (strcmp(study->arm[k].label, label) == 0)
            return fault(from, key, what);
        snprintf(what, sizeof what,
                 "'%s' and '%s' would both write %s.SEED.json; use letters, "
                 "digits, + and -",
                 study->arm[k].label, label, arm->file);
        if (strcmp(study->arm[k].file, arm->file) == 0)
            return fault(from, key, what);
    }
    study->arms++;
    *out = arm;
    return LIMEN_OK;
}

static limen_status read_arms(reader *from, const yaml_node_t *node)
{
    limen_status status = expect(
        from, node, YAML_MAPPING_NODE,
        "arms is a mapping of labels to settings, as `+U: {self: true}`");

    for (size_t k = 0; status == LIMEN_OK && k < lm_yaml_count(node); k++) {
        const yaml_node_t *value = lm_yaml_value(from->yaml, node, k);
        lm_study_arm *arm = NULL;

        status = expect(from, value, YAML_MAPPING_NODE,
                        "an arm is a mapping of settings, {} for none");
        if (status == LIMEN_OK)
            status = check_shared(from, value, true);
        if (status == LIMEN_OK)
            status = add_arm(from, lm_yaml_key(from->yaml, node, k), &arm);
        if (status == LIMEN_OK)
            status = limen_settings_new(&arm->settings, from->err);
        if (status == LIMEN_OK)
            status =
                lm_settings_read(arm->settings, from->yaml, value, from->err);
    }
    return status;
}

static limen_status read_baselines(reader *from, const yaml_node_t *node)
{
    limen_status status = expect(
        from, node, YAML_MAPPING_NODE,
        "baselines is a mapping of labels to options, as `ReLU: {kind: relu}`");

    for (size_t k = 0; status == LIMEN_OK && k < lm_yaml_count(node); k++) {
        const yaml_node_t *value = lm_yaml_value(from->yaml, node, k);
        lm_study_arm *arm = NULL;

        status = expect(from, value, YAML_MAPPING_NODE,
                        "a baseline is a mapping of options, {} for none");
        if (status == LIMEN_OK)
            status = add_arm(from, lm_yaml_key(from->yaml, node, k), &arm);
        if (status == LIMEN_OK && arm != NULL) {
            arm->is_baseline = true;
            status =
                lm_study_options(&arm->options, from->yaml, value, from->err);
        }
    }
    return status;
}

static limen_status read_condition(reader *from, const yaml_node_t *key,
                                   const yaml_node_t *node)
{
    limen_study *study = from->study;
    const char *name = lm_yaml_text(key);
    size_t kind = 0;
    limen_error why;
    limen_status status =
        expect(from, node, YAML_SEQUENCE_NODE,
               "a condition is a corruption with a list of amounts");

    if (status == LIMEN_OK &&
        (name == NULL || limen_corruption_find(&kind, name, &why) != LIMEN_OK))
        return fault(from, key,
                     name == NULL ? "expected a corruption's name" : why.text);
    for (size_t k = 0; status == LIMEN_OK && k < study->conditions; k++)
        if (study->condition[k].kind == kind)
            return fault(from, key, "this corruption was given before");
    const size_t first = study->conditions;
    const size_t count = status == LIMEN_OK ? lm_yaml_count(node) : 0;
    lm_condition *grown =
        lm_grow(study->condition, first, first + count + 1, sizeof *grown);
    if (grown == NULL)
        return lm_error_no_memory(from->err, "conditions", sizeof *grown);
    study->condition = grown;
    for (size_t k = 0; status == LIMEN_OK && k < count; k++) {
        const yaml_node_t *item = lm_yaml_item(from->yaml, node, k);
        double amount = 0.0;

        status = lm_study_real(&amount, from->yaml, item, from->err);
        if (status == LIMEN_OK &&
            limen_corruption_check(kind, amount, &why) != LIMEN_OK)
            status = fault(from, item, why.text);
        if (status == LIMEN_OK && k > 0 &&
            !(amount > grown[first + k - 1].amount))
            status = fault(from, item, "amounts are to ascend");
        grown[first + k] = (lm_condition){ kind, amount };
        study->conditions++;
    }
    return status;
}

static limen_status read_conditions(reader *from, const yaml_node_t *node)
{
    limen_status status =
        expect(from, node, YAML_MAPPING_NODE,
               "conditions is a mapping, as `gaussian: [0.1, 0.3]`");

    for (size_t k = 0; status == LIMEN_OK && k < lm_yaml_count(node); k++)
        status = read_condition(from, lm_yaml_key(from->yaml, node, k),
                                lm_yaml_value(from->yaml, node, k));
    return status;
}

static limen_status read_measures(reader *from, const yaml_node_t *node)
{
    limen_status status = expect(from, node, YAML_SEQUENCE_NODE,
                                 "measures is a list, as [accuracy, ece]");

    memset(from->study->compares, 0, sizeof from->study->compares);
    from->study->compares_stability = false;
    for (size_t k = 0; status == LIMEN_OK && k < lm_yaml_count(node); k++) {
        const yaml_node_t *item = lm_yaml_item(from->yaml, node, k);
        const char *name = lm_yaml_text(item);
        size_t m = 0;

        if (name != NULL && strcmp(name, "stability") == 0) {
            from->study->compares_stability = true;
            continue;
        }
        while (
            m < LM_MEASURE_COUNT &&
            (name == NULL || strcmp(lm_measure_name((lm_measure)m), name) != 0))
            m++;
        if (m == LM_MEASURE_COUNT)
            return fault(from, item,
                         "not a measure; there are accuracy, ties, silent, "
                         "saturated, winner, ece, ece_temperature, "
                         "temperature, roc_area, loss and stability");
        from->study->compares[m] = true;
    }
    return status;
}

static limen_status read_match(reader *from, const yaml_node_t *node)
{
    const char *text = lm_yaml_text(node);

    if (text == NULL ||
        (strcmp(text, "width") != 0 && strcmp(text, "parameters") != 0))
        return fault(from, node, "match is width or parameters");
    from->study->match_parameters = strcmp(text, "parameters") == 0;
    return LIMEN_OK;
}

static limen_status read_seeds(reader *from, const yaml_node_t *node)
{
    limen_study *study = from->study;
    limen_status status = lm_study_counts(&study->seed, &study->seeds,
                                          from->yaml, node, 0, from->err);

    for (size_t k = 0; status == LIMEN_OK && k < study->seeds; k++)
        for (size_t j = 0; j < k; j++)
            if (study->seed[j] == study->seed[k])
                return fault(from, lm_yaml_item(from->yaml, node, k),
                             "this seed was given before");
    return status;
}

static limen_status read_ascending(reader *from, const yaml_node_t *node,
                                   size_t **list, size_t *count)
{
    limen_status status =
        lm_study_counts(list, count, from->yaml, node, 1, from->err);

    for (size_t k = 1; status == LIMEN_OK && k < *count; k++)
        if ((*list)[k] <= (*list)[k - 1])
            return fault(from, lm_yaml_item(from->yaml, node, k),
                         "the numbers are to ascend");
    return status;
}

static limen_status read_key(reader *from, const char *name,
                             const yaml_node_t *node, bool *is_known)
{
    limen_study *study = from->study;
    const lm_yaml *yaml = from->yaml;

    *is_known = true;
    if (strcmp(name, "name") == 0)
        return lm_study_text(&study->name, yaml, node, from->err);
    if (strcmp(name, "question") == 0)
        return lm_study_text(&study->question, yaml, node, from->err);
    if (strcmp(name, "baseline-script") == 0)
        return lm_study_text(&study->script, yaml, node, from->err);
    if (strcmp(name, "base") == 0)
        return read_base(from, node);
    if (strcmp(name, "arms") == 0 || strcmp(name, "baselines") == 0)
        return LIMEN_OK; // read in this order, whatever that of the file
    if (strcmp(name, "match") == 0)
        return read_match(from, node);
    if (strcmp(name, "measures") == 0)
        return read_measures(from, node);
    if (strcmp(name, "seeds") == 0)
        return read_seeds(from, node);
    if (strcmp(name, "conditions") == 0)
        return read_conditions(from, node);
    if (strcmp(name, "vote-steps") == 0)
        return read_ascending(from, node, &study->vote_steps, &study->votes);
    if (strcmp(name, "examples") == 0)
        return read_ascending(from, node, &study->example, &study->examples);
    if (strcmp(name, "test-samples") == 0)
        return lm_study_count(&study->test_samples, yaml, node, 0, from->err);
    if (strcmp(name, "examples-updates") == 0)
        return lm_study_count(&study->examples_updates, yaml, node, 1,
                              from->err);
    if (strcmp(name, "stability") == 0)
        return lm_study_count(&study->stability, yaml, node, 0, from->err);
    if (strcmp(name, "stability-steps") == 0)
        return lm_study_count(&study->stability_steps, yaml, node, 1,
                              from->err);
    *is_known = false;
    return LIMEN_OK;
}

static limen_status read_keys(reader *from)
{
    const lm_yaml *yaml = from->yaml;
    limen_status status = LIMEN_OK;

    for (size_t k = 0; status == LIMEN_OK && k < lm_yaml_count(yaml->root);
         k++) {
        const yaml_node_t *key = lm_yaml_key(yaml, yaml->root, k);
        const yaml_node_t *value = lm_yaml_value(yaml, yaml->root, k);
        const char *name = lm_yaml_text(key);
        bool is_known = false;
        char what[160];

        for (size_t j = 0; name != NULL && j < k; j++) {
            const char *other = lm_yaml_text(lm_yaml_key(yaml, yaml->root, j));

            if (other != NULL && strcmp(other, name) == 0)
                return fault(from, key, "this key was given before");
        }
        if (name != NULL && strcmp(name, "reference") == 0) {
            from->reference = value;
            continue;
        }
        if (name != NULL && strcmp(name, "best-of") == 0) {
            from->best_of = value;
            continue;
        }
        if (name != NULL)
            status = read_key(from, name, value, &is_known);
        if (!is_known) {
            snprintf(what, sizeof what,
                     "a study has no key '%.60s'; docs/compare.md lists them",
                     name == NULL ? "" : name);
            return fault(from, key, what);
        }
    }
    return status;
}

static limen_status find_label(const reader *from, const yaml_node_t *node,
                               size_t *out)
{
    const char *label = lm_yaml_text(node);
    char what[160];

    for (size_t k = 0; label != NULL && k < from->study->arms; k++)
        if (strcmp(from->study->arm[k].label, label) == 0) {
            *out = k;
            return LIMEN_OK;
        }
    snprintf(what, sizeof what, "'%.60s' is no arm nor baseline",
             label == NULL ? "" : label);
    return fault(from, node, what);
}

static limen_status read_labels(reader *from)
{
    limen_study *study = from->study;
    limen_status status = LIMEN_OK;

    if (from->reference != NULL)
        status = find_label(from, from->reference, &study->reference);
    if (status != LIMEN_OK || from->best_of == NULL)
        return status;
    status = expect(from, from->best_of, YAML_SEQUENCE_NODE,
                    "best-of is a list of labels");
    if (status != LIMEN_OK)
        return status;
    study->best_of =
        lm_alloc(lm_yaml_count(from->best_of), 1, sizeof *study->best_of);
    if (study->best_of == NULL)
        return lm_error_no_memory(from->err, "labels", sizeof(size_t));
    for (size_t k = 0; status == LIMEN_OK && k < lm_yaml_count(from->best_of);
         k++)
        status = find_label(from, lm_yaml_item(from->yaml, from->best_of, k),
                            &study->best_of[study->best_count++]);
    return status;
}

static const yaml_node_t *find(const lm_yaml *yaml, const char *name)
{
    for (size_t k = 0; k < lm_yaml_count(yaml->root); k++) {
        const char *key = lm_yaml_text(lm_yaml_key(yaml, yaml->root, k));

        if (key != NULL && strcmp(key, name) == 0)
            return lm_yaml_value(yaml, yaml->root, k);
    }
    return NULL;
}

static limen_status check_whole(const reader *from)
{
    const limen_study *study = from->study;
    const yaml_node_t *root = from->yaml->root;

    if (study->arms == 0 || study->arm[0].is_baseline)
        return fault(from, root, "there are no arms; add `arms: {FF: {}}`");
    if (study->seeds == 0)
        return fault(from, root, "there are no seeds; add `seeds: [1, 2, 3]`");
    if (study->name == NULL)
        return fault(from, root, "the study has no name; add `name: mine`");
    if (study->arm[study->arms - 1].is_baseline && study->script == NULL)
        return fault(from, root,
                     "baselines need a `baseline-script` that trains them");
    return LIMEN_OK;
}

limen_status lm_study_read(limen_study *study, const char *text, size_t size,
                           limen_error *err)
{
    lm_yaml yaml;
    reader from = { .study = study, .yaml = &yaml, .err = err };
    limen_status status =
        lm_yaml_read(&yaml, text, size, study->path, "name: my study", err);

    if (status != LIMEN_OK)
        return status;
    const yaml_node_t *arms = find(&yaml, "arms");
    const yaml_node_t *baselines = find(&yaml, "baselines");
    study->compares[LM_ACCURACY] = true;
    study->stability_steps = 100;
    study->examples_updates = 80; // 10 epochs of 1000 samples, batch 128
    status = limen_settings_new(&study->base, err);
    if (status == LIMEN_OK)
        status = read_keys(&from);
    if (status == LIMEN_OK && arms != NULL)
        status = read_arms(&from, arms);
    if (status == LIMEN_OK && baselines != NULL)
        status = read_baselines(&from, baselines);
    if (status == LIMEN_OK)
        status = check_whole(&from);
    if (status == LIMEN_OK)
        status = read_labels(&from);
    lm_yaml_free(&yaml);
    return status;
}
