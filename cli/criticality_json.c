/* criticality_json.c -- what was found, for machines. */
#include "criticality.h"

#include <math.h>

static void set_number(json_t *to, const char *key, double x)
{
    if (isfinite(x))
        json_object_set_new(to, key, json_real(x));
}

static json_t *found_json(const crit_found *found)
{
    static const char *const nulls[CRIT_NULLS] = { "shuffled", "rate", "ou" };
    json_t *to = json_object();

    if (!found->own.is_known) {
        json_object_set_new(to, "refused", json_string(found->own.refusal));
        return to;
    }
    set_number(to, "estimate", found->own.value);
    set_number(to, "low", found->own.low);
    set_number(to, "high", found->own.high);
    for (size_t k = 0; k < CRIT_NULLS; k++)
        if (found->null[k].is_known)
            set_number(to, nulls[k], found->null[k].value);
    if (found->words[0] != '\0')
        json_object_set_new(to, "means", json_string(found->words));
    return to;
}

static json_t *tail_json(const crit_tail *tail)
{
    json_t *to = json_object();

    if (!tail->is_fitted)
        return to;
    set_number(to, "alpha", tail->fit.alpha);
    set_number(to, "error", tail->fit.error);
    set_number(to, "xmin", tail->fit.xmin);
    set_number(to, "xmax", tail->fit.xmax);
    set_number(to, "distance", tail->fit.distance);
    set_number(to, "events", tail->fit.events);
    set_number(to, "p", tail->p);
    for (size_t k = 0; k < CRIT_LAWS; k++) {
        const limen_tail_ratio *ratio = &tail->ratio[k];

        if (tail->has_ratio[k])
            json_object_set_new(
                to, limen_tail_law_name(ratio->second.law),
                json_pack("{s:f, s:f}", "ratio", ratio->ratio, "p", ratio->p));
    }
    return to;
}

static json_t *scan_json(const crit_result *result)
{
    json_t *rows = json_array();

    for (size_t k = 0; k < result->scan_count; k++) {
        const limen_avalanche_row *row = &result->scan[k];

        json_array_append_new(
            rows, json_pack("{s:I, s:f, s:I, s:f, s:f}", "bin",
                            (json_int_t)row->bin, "theta", row->theta,
                            "avalanches", (json_int_t)row->avalanches, "tau",
                            row->size.alpha, "alpha", row->duration.alpha));
    }
    return rows;
}

static json_t *result_json(const crit_result *result)
{
    const crit_avalanches *own = &result->avalanches;
    json_t *found = json_object();
    json_t *to =
        json_pack("{s:s, s:I, s:I, s:I, s:o}", "name", result->series.name,
                  "trials", (json_int_t)result->series.trials, "steps",
                  (json_int_t)result->series.steps, "units",
                  (json_int_t)result->series.units, "measures", found);

    for (crit_measure m = 0; m < CRIT_SERIES_MEASURES; m++)
        if (result->found[m].own.is_asked)
            json_object_set_new(found, crit_key(m),
                                found_json(&result->found[m]));
    if (result->branching.lags > 0)
        json_object_set_new(
            to, "regression",
            json_pack("{s:f, s:f, s:I, s:s}", "tau", result->branching.fit.tau,
                      "amplitude", result->branching.fit.amplitude, "lags",
                      (json_int_t)result->branching.lags, "diagnosis",
                      result->branching.diagnosis));
    if (result->found[CRIT_TAU].own.is_asked)
        json_object_set_new(to, "avalanches",
                            json_pack("{s:I, s:I, s:f, s:o, s:o, s:o}", "count",
                                      (json_int_t)own->pool.count, "bin",
                                      (json_int_t)own->bin, "theta", own->theta,
                                      "size", tail_json(&own->size), "duration",
                                      tail_json(&own->duration), "scan",
                                      scan_json(result)));
    return to;
}

static json_t *theory_json(const criticality *all)
{
    json_t *to = json_object();

    set_number(to, "growth", all->theory.growth);
    set_number(to, "growth_geometric", all->theory.growth_geometric);
    set_number(to, "long_time", all->theory.distance);
    set_number(to, "rate", all->theory.activity);
    set_number(to, "propagation", all->theory.propagation);
    set_number(to, "separation", all->theory.separation);
    set_number(to, "memory", all->theory.memory);
    set_number(to, "lyapunov", all->network[CRIT_LYAPUNOV].theory);
    set_number(to, "critical_variance", all->critical[0]);
    set_number(to, "critical_variance_geometric", all->critical[1]);
    return to;
}

static json_t *map_json(const crit_map *map)
{
    json_t *points = json_array();

    for (size_t k = 0; k < map->points; k++) {
        json_t *point = json_object();

        set_number(point, "before", map->before[k]);
        set_number(point, "after", map->after[k]);
        set_number(point, "theory", map->theory[k]);
        json_array_append_new(points, point);
    }
    return points;
}

json_t *crit_json(const criticality *all)
{
    json_t *results = json_array();
    json_t *network = json_object();
    json_t *to = json_pack("{s:s}", "subject", all->what);

    for (crit_measure m = CRIT_GROWTH; m < CRIT_MEASURES; m++)
        if (all->network[m].own.is_asked)
            json_object_set_new(network, crit_key(m),
                                found_json(&all->network[m]));
    for (size_t k = 0; k < all->count; k++)
        json_array_append_new(results, result_json(&all->results[k]));
    if (all->is_network)
        json_object_set_new(to, "network", network);
    else
        json_decref(network);
    if (all->has_theory)
        json_object_set_new(to, "theory", theory_json(all));
    if (all->map.points > 0)
        json_object_set_new(to, "map", map_json(&all->map));
    json_object_set_new(to, "series", results);
    return to;
}
