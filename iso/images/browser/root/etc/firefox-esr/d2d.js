// No dialogs at the first start, which is each start of a kiosk.
pref("browser.aboutwelcome.enabled", false);
pref("browser.sessionstore.resume_from_crash", false);
pref("browser.startup.homepage_override.mstone", "ignore");
pref("datareporting.policy.dataSubmissionEnabled", false);
pref("toolkit.telemetry.reportingpolicy.firstRun", false);
