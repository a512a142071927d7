"""What this Xero tells an app by itself: signed notes that something changed, sent again until they are taken."""
