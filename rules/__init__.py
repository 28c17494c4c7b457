"""Service levels as code: rules, policies, calendars, clocks. Pure; knows no mail."""
