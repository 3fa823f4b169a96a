import { Alert, Checkbox } from "antd";
import { type ReactNode, useState } from "react";
import { ApiProblem } from "../../api/problems";
import { useWords } from "../../i18n";

interface Force {
  /** Whether immutable tags are in the way, and the user has not agreed to delete them. */
  needed: boolean;
  /** Deletes the object, with immutable tags if the user agreed. Returns false if some remain. */
  confirm: (remove: (force: boolean) => Promise<unknown>) => Promise<boolean>;
  /** The question, once the API has refused the deletion because of immutable tags. */
  question: ReactNode;
}

/** Asks before a deletion also deletes immutable tags. */
export function useForce(): Force {
  const { say } = useWords();
  const [refused, setRefused] = useState(false);
  const [agreed, setAgreed] = useState(false);
  return {
    needed: refused && !agreed,
    confirm: async (remove) => {
      try {
        await remove(agreed);
        return true;
      } catch (problem) {
        if (problem instanceof ApiProblem && problem.code === "tag_immutable" && !agreed) {
          setRefused(true);
          return false;
        }
        throw problem;
      }
    },
    question: refused && (
      <Alert
        className="form-error"
        type="warning"
        showIcon
        title={say("rules.force.text")}
        description={
          <Checkbox checked={agreed} onChange={(event) => setAgreed(event.target.checked)}>
            {say("rules.force")}
          </Checkbox>
        }
      />
    ),
  };
}
