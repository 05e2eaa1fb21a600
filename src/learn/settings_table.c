/* settings_table.c -- every parameter of an experiment: the one table. */
#include "limen.h"

#include <assert.h>

#define BOOL(name, group, initial, help)                                       \
    {                                                                          \
        name, group, LIMEN_SETTING_BOOL, initial, 0, 1, NULL, "", help         \
    }
#define INT(name, group, initial, min, max, unit, help)                        \
    {                                                                          \
        name, group, LIMEN_SETTING_INT, initial, min, max, NULL, unit, help    \
    }
#define REAL(name, group, initial, min, max, help)                             \
    {                                                                          \
        name, group, LIMEN_SETTING_REAL, initial, min, max, NULL, "", help     \
    }
#define TEXT(name, group, initial, help)                                       \
    {                                                                          \
        name, group, LIMEN_SETTING_TEXT, initial, 0, 0, NULL, "", help         \
    }
#define CHOICE(name, group, initial, choices, help)                            \
    {                                                                          \
        name, group, LIMEN_SETTING_CHOICE, initial, 0, 0, choices, "", help    \
    }
#define LIST(name, group, initial, min, max, unit, help)                       \
    {                                                                          \
        name, group, LIMEN_SETTING_LIST, initial, min, max, NULL, unit, help   \
    }

/* 2^53: every whole number up to here is exact in a double, so in JSON. */
#define EXACT 9007199254740992.0
#define STEPS_MAX 1e9
#define UNITS_MAX 16777216.0

static const limen_setting_info table[] = {
    TEXT("data", "Data", "fashion-mnist",
         "name of a set (fashion-mnist, mnist) or path of one"),
    TEXT("data-dir", "Data", "", "folder in which named sets are looked for"),
    INT("train-samples", "Data", "0", 0, EXACT, "samples",
        "train on so many samples, drawn by the seed; 0: all"),
    INT("validation", "Data", "auto", 0, EXACT, "samples",
        "samples held out of training to choose the best epoch"),
    REAL("pixel-scale", "Data", "1", 0, 255,
         "factor on the probability of each pixel"),

    LIST("hidden", "Network", "256", 1, UNITS_MAX, "units",
         "sizes of the hidden layers; none: no hidden layer"),
    BOOL("self", "Network", "false",
         "each layer also hears its own last state"),
    BOOL("feedback", "Network", "false",
         "each hidden layer also hears the last state of the next"),
    LIST("self-layers", "Network", "none", 1, 199, "",
         "layers that --self is for; none: all"),
    LIST("feedback-layers", "Network", "none", 1, 199, "",
         "layers that --feedback is for; none: all"),
    BOOL("synchronous", "Network", "false",
         "every connection delivers the step before"),
    INT("recurrent-in-degree", "Network", "0", 0, UNITS_MAX, "sources",
        "sources of each unit in self and feedback connections, at most all; "
        "0: all"),
    CHOICE("noise", "Network", "none", "none|gaussian|logistic",
           "noise on what every unit hears"),
    REAL("noise-scale", "Network", "0", 0, 1e6, "scale of that noise"),
    INT("refractory", "Network", "0", 0, LIMEN_REFRACTORY_MAX, "steps",
        "silence after a spike"),
    REAL("adapt-gain", "Network", "0", -1e6, 1e6,
         "how far a unit's own activity raises its threshold"),
    REAL("adapt-memory", "Network", "0.9", 0, 0.999999,
         "how slowly that follows the activity"),
    CHOICE("balance", "Network", "none", "none|input|below",
           "weights that sum to zero for each unit: from the input, or from "
           "every layer below"),
    CHOICE("init", "Network", "normal", "normal|uniform|scaled",
           "how weights are drawn"),
    REAL("gain", "Network", "1", 0, 1e6, "size of the first weights"),
    REAL("recurrent-gain", "Network", "0", 0, 1e6,
         "size of the first self and feedback weights"),
    REAL("init-threshold", "Network", "0.7", -1e6, 1e6,
         "first threshold, of init uniform"),
    REAL("init-rate", "Network", "0.15", 0.001, 0.999,
         "first activity, of init scaled"),

    INT("steps", "Run", "20", 1, STEPS_MAX, "steps",
        "steps that an answer is the mean of"),
    INT("burn-in", "Run", "0", 0, STEPS_MAX, "steps",
        "first steps that are left out of the mean"),
    CHOICE("encoder", "Run", "stochastic", "stochastic|threshold|frozen",
           "how pixels become spikes"),
    INT("seed", "Run", "1", 0, EXACT, "", "of every draw"),
    CHOICE("watch", "Run", "none", "none|criticality",
           "measure each layer's branching, damage, rate and entropy after "
           "every epoch"),

    CHOICE("rule", "Learning", "bptt", "bptt|rate", "learning rule"),
    INT("epochs", "Learning", "10", 1, 1e6, "", "passes over the data"),
    INT("batch", "Learning", "128", 1, 1e7, "samples", "samples of one update"),
    LIST("train-steps", "Learning", "auto", 1, STEPS_MAX, "steps",
         "steps a sample in training; several are spread over the epochs"),
    CHOICE("loss", "Learning", "cross-entropy", "cross-entropy|mse",
           "cross-entropy of beta y, or squared error of y"),
    REAL("beta", "Learning", "auto", 1e-6, 1e6, "of the cross-entropy"),
    CHOICE("optimiser", "Learning", "adam", "adam|adamw|sgd",
           "how gradients move weights"),
    REAL("learning-rate", "Learning", "auto", 0, 1e6, "size of an update"),
    REAL("recurrent-rate", "Learning", "auto", 0, 1e6,
         "factor on it for self and feedback weights"),
    REAL("momentum", "Learning", "0.9", 0, 0.999999, "of sgd"),
    REAL("adam-beta1", "Learning", "0.9", 0, 0.999999,
         "memory of the gradient, of adam"),
    REAL("adam-beta2", "Learning", "0.999", 0, 0.9999999,
         "memory of its square, of adam"),
    REAL("adam-epsilon", "Learning", "1e-8", 1e-30, 1,
         "smallest divisor, of adam"),
    REAL("decay", "Learning", "0", 0, 1e6, "weight decay"),
    REAL("clip", "Learning", "1", 0, 1e6, "largest norm of a gradient; 0: any"),
    CHOICE("schedule", "Learning", "cosine", "cosine|constant|step",
           "how the learning rate falls"),
    REAL("warm-up", "Learning", "0.1", 0, 0.9,
         "share of the updates in which it first rises"),
    INT("step-epochs", "Learning", "10", 1, 1e6, "epochs",
        "between two falls, of schedule step"),
    REAL("step-factor", "Learning", "0.1", 0, 1,
         "of each fall, of schedule step"),
    REAL("penalty", "Learning", "auto", 0, 1e6,
         "how strongly hidden activity is drawn to penalty-rate"),
    REAL("penalty-rate", "Learning", "0.15", 0, 1,
         "activity that the penalty wants"),

    TEXT("homeostasis", "Homeostasis", "none",
         "hold hidden activity in training: rate=0.1 each unit's, "
         "layer-rate=0.1 each layer's mean"),
    REAL("homeostasis-gain", "Homeostasis", "0.1", 0, 1e6,
         "how far a threshold moves after a batch, per gap of 1"),
    INT("adapt", "Homeostasis", "0", 0, EXACT, "samples",
        "test after thresholds moved on so many unlabelled images, corrupted "
        "alike, until units fire as in training; 0: no"),
    INT("adapt-rounds", "Homeostasis", "50", 1, 1e6, "",
        "runs over those images, each followed by a move"),
    REAL("adapt-step", "Homeostasis", "4", 0, 1e6,
         "how far a threshold moves after the first round, per gap of 1; falls "
         "to 0"),
    LIST("test-classes", "Homeostasis", "none", 0, UNITS_MAX, "",
         "adapt and test on samples of these classes only; none: all"),

    TEXT("augment", "Robustness", "none",
         "train on corrupted samples: mix, or items like "
         "none,gaussian:0-0.5,rectangle"),
    TEXT("augment-without", "Robustness", "",
         "corruptions left out of that mixture, held out for the test"),
    REAL("temperature", "Robustness", "1", 1e-6, 1e6,
         "confidences are softmax(beta y / temperature); training fits it to "
         "the validation samples unless given"),

    CHOICE("surrogate", "Rule bptt", "auto", "fast|triangle|box",
           "what stands for the derivative of a spike"),
    REAL("width", "Rule bptt", "auto", 1e-6, 1e6, "of the surrogate"),
    CHOICE("width-unit", "Rule bptt", "absolute", "absolute|spread",
           "what width counts in: 1, or the spread of a layer's activations"),
    INT("credit", "Rule bptt", "0", 0, STEPS_MAX, "steps",
        "window of credit through time; 0: full, 1: none"),

    CHOICE("gain-rule", "Rule rate", "mask", "mask|rate|probit|density",
           "how a unit's rate answers its input"),
    BOOL("mask-output", "Rule rate", "true",
         "silent outputs get no error (as the original)"),
    BOOL("mask-saturated", "Rule rate", "false",
         "units that always fire get no error"),
    BOOL("split-samples", "Rule rate", "false",
         "error from odd steps, rates from even ones"),
    REAL("density-width", "Rule rate", "1", 1e-6, 1e6,
         "distance to threshold that gain-rule density counts"),
};

size_t limen_setting_count(void)
{
    return sizeof table / sizeof *table;
}

const limen_setting_info *limen_setting_at(size_t i)
{
    assert(i < limen_setting_count());
    return &table[i];
}
