DROP TABLE dropped_week, stale_session, session;
