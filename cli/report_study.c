#include "report.h"
int report_study(cli_text *body, const char *path)
{
    (void)body;
    return cli_fail(CLI_FAILED, "%s", path);
}
